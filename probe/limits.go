package probe

import (
	"math"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// limitsOf reads what a server says that it will not go beyond, nil where it
// says nothing. The names and units are those of [mail.SessionFacts].
func limitsOf(p mail.Protocol, capabilities []string) map[string]int64 {
	limits := map[string]int64{}
	for _, c := range capabilities {
		fields := strings.Fields(c)
		if len(fields) == 0 {
			continue
		}
		value := strings.Join(fields[1:min(len(fields), 2)], "")
		switch name := strings.ToUpper(fields[0]); {
		case p == mail.SMTP && name == "SIZE" && value == "": // no fixed one, RFC 1870 section 4
			limits["size"] = 0
		case p == mail.SMTP && name == "SIZE":
			limit(limits, "size", value)
		case p == mail.SMTP && name == "LIMITS":
			for _, one := range fields[1:] {
				limitOfTransaction(limits, one)
			}
		case p == mail.IMAP && strings.HasPrefix(name, "APPENDLIMIT="): // RFC 7889 section 2
			limit(limits, "size", name[len("APPENDLIMIT="):])
		case p == mail.POP3 && (name == "EXPIRE" || name == "LOGIN-DELAY"):
			limit(limits, strings.ToLower(name), value)
		}
	}
	if len(limits) == 0 {
		return nil
	}
	return limits
}

// limitOfTransaction reads one limit of RFC 9422 section 3.
func limitOfTransaction(limits map[string]int64, one string) {
	name, value, _ := strings.Cut(one, "=")
	switch name = strings.ToLower(name); name {
	case "mailmax", "rcptmax", "rcptdomainmax":
		limit(limits, name, value)
	}
}

// limit notes a number; what is none, such as NEVER, is no limit.
func limit(limits map[string]int64, name, value string) {
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	limits[name] = n
}
