package report

import (
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// clockWords says how far the clock of who answered differs from this
// computer's, where people would care: by five minutes or more.
func clockWords(o mail.Observation) string {
	if o.ClockMS == nil {
		return ""
	}
	ahead := time.Duration(*o.ClockMS) * time.Millisecond
	way := "ahead of"
	if ahead < 0 {
		way = "behind"
	}
	switch off := ahead.Abs().Round(time.Minute); {
	case off < 5*time.Minute:
		return ""
	case off < 2*time.Hour:
		return count(int(off/time.Minute), "minute") + " " + way + " the one here"
	case off < 48*time.Hour:
		return count(int(off.Round(time.Hour)/time.Hour), "hour") + " " + way + " the one here"
	default:
		return count(int(off.Round(24*time.Hour)/(24*time.Hour)), "day") + " " + way + " the one here"
	}
}
