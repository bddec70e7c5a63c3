package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// observations puts one line for everything that was seen.
func (v *view) observations() {
	if v.o.Verbose < 2 || len(v.r.Observations) == 0 {
		return
	}
	v.heading("Observations")
	for _, o := range v.r.Observations {
		v.prose("  ", 4, v.ink.none, fmt.Sprintf("%s, %d ms%s%s", o.ID, o.TookMS, factWords(o), failureWords(o.Failure, ": ")))
	}
}

// factWords gives the facts of an observation that stands in no other section.
func factWords(o mail.Observation) string {
	switch {
	case o.DNSFacts != nil && len(o.Records) > 0:
		return ": " + strings.Join(o.Records, " | ")
	case o.HTTPFacts != nil && o.Status > 0:
		words := ": status " + strconv.Itoa(o.Status)
		if o.FinalURL != o.URL {
			words = join(" at ", words, o.FinalURL)
		}
		return words
	}
	return ""
}

// transcripts puts the conversations that were kept, line for line.
func (v *view) transcripts() {
	if !v.o.Transcript {
		return
	}
	for _, o := range v.r.Observations {
		if o.SessionFacts == nil || len(o.Transcript) == 0 {
			continue
		}
		title := "Conversation with " + v.subjectWords(o.Subject)
		if v.atFurtherAddress(o) {
			title += " at " + o.Address
		}
		if isTest(o) {
			title += " for the test message"
		}
		v.heading(title)
		for _, line := range o.Transcript {
			v.line("  ", fmt.Sprintf("%6d %s", line.AfterMS, v.text(line.String())))
		}
	}
}

func failureWords(f *mail.Failure, before string) string {
	if f == nil {
		return ""
	}
	return before + join(", ", string(f.Class), f.Detail)
}
