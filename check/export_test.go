package check

import "time"

// SetGrace changes how long what is pending still gets once all is proved.
func (o *Options) SetGrace(d time.Duration) { o.change().grace = d }

// SetBackOff changes how long an address is left alone that asked for it.
func (o *Options) SetBackOff(d time.Duration) { o.change().backOff = d }

func (o *Options) change() *timeouts {
	if o.times == nil {
		o.times = newTimeouts(o.Unhurried)
	}
	return o.times
}
