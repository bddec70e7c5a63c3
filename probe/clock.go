package probe

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// greetingDate finds what looks like a date of RFC 5322 section 3.3 in a
// greeting, as Exchange and sendmail have it: the day of the week may be missing.
var greetingDate = regexp.MustCompile(`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}(?::\d{2})? (?:[+-]\d{4}|GMT|UTC)`)

// clockIn gives the time by the server's clock that a greeting tells: a date, or
// the clock value of a POP3 time stamp (RFC 1939 section 7).
func clockIn(greeting string) (time.Time, bool) {
	if date := greetingDate.FindString(greeting); date != "" {
		t, err := mail.ParseDate(strings.Replace(date, "UTC", "GMT", 1))
		return t, err == nil
	}
	_, rest, _ := strings.Cut(greeting, "<")
	stamp, _, _ := strings.Cut(rest, ">")
	local, _, ok := strings.Cut(stamp, "@")
	if !ok {
		return time.Time{}, false
	}
	return clockInStamp(local)
}

// clockInStamp reads the first part of "<process.clock@host>", where the clock is
// in seconds or milliseconds since 1970. What else programs write there is not
// taken for a clock, nor where two numbers could be one.
func clockInStamp(local string) (found time.Time, ok bool) {
	for _, field := range strings.Split(local, ".") {
		number, err := strconv.ParseInt(field, 10, 64)
		switch {
		case err != nil:
			continue
		case len(field) == 13:
			number /= 1000
		case len(field) != 10:
			continue
		}
		t := time.Unix(number, 0)
		if t.Year() < 2000 || t.Year() > 2100 {
			continue
		}
		if ok {
			return time.Time{}, false
		}
		found, ok = t, true
	}
	return found, ok
}
