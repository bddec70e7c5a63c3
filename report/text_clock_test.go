package report

import (
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

func TestAClockIsToldWhereItIsWorthIt(t *testing.T) {
	t.Parallel()
	if got := clockWords(mail.Observation{}); got != "" {
		t.Errorf("without a time %q is told", got)
	}
	for ahead, want := range map[time.Duration]string{
		time.Minute:                      "",
		-4 * time.Minute:                 "",
		7*time.Minute + 10*time.Second:   "7 minutes ahead of the one here",
		-3*time.Hour - time.Minute:       "3 hours behind the one here",
		400*24*time.Hour - time.Second:   "400 days ahead of the one here",
		-48*time.Hour + time.Millisecond: "2 days behind the one here",
	} {
		ms := ahead.Milliseconds()
		if got := clockWords(mail.Observation{ClockMS: &ms}); got != want {
			t.Errorf("%s: %q, want %q", ahead, got, want)
		}
	}
}
