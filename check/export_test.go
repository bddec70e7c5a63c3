package check

import "time"

// SetGrace changes how long what is pending still gets once all is proved.
func (o *Options) SetGrace(d time.Duration) { o.change().grace = d }

// SetBackOff changes how long an address is left alone that asked for it.
func (o *Options) SetBackOff(d time.Duration) { o.change().backOff = d }

// SetUnhurried lets a run wait for published settings and better servers for as
// long as it lasts, so that its choices do not depend on how busy the machine is.
func (o *Options) SetUnhurried() {
	t := o.change()
	t.headStart, t.guessAnyway, t.settle = time.Hour, time.Hour, time.Hour
}

func (o *Options) change() *timeouts {
	if o.times == nil {
		o.times = defaultTimeouts()
	}
	return o.times
}
