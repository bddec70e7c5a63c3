package wire

import (
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// maxExtended is how many extended errors of one answer are kept.
const maxExtended = 8

// extendedErrors gives the extended errors of an answer (RFC 8914).
func extendedErrors(got *dns.Msg) []*dns.EDNS0_EDE {
	opt := got.IsEdns0()
	if opt == nil {
		return nil
	}
	var found []*dns.EDNS0_EDE
	for _, o := range opt.Option {
		if e, ok := o.(*dns.EDNS0_EDE); ok && len(found) < maxExtended {
			found = append(found, e)
		}
	}
	return found
}

// extendedWords gives the words of the first extended error, "" without any.
func extendedWords(list []*dns.EDNS0_EDE) string {
	if len(list) == 0 {
		return ""
	}
	words := dns.ExtendedErrorCodeToString[list[0].InfoCode]
	if list[0].ExtraText != "" {
		words = strings.TrimPrefix(words+": "+printable(list[0].ExtraText, 200), ": ")
	}
	return words
}

// saysBogus reports whether an extended error means that the name fails DNSSEC
// validation (RFC 8914 sections 4.7 to 4.13).
func saysBogus(list []*dns.EDNS0_EDE) bool {
	return slices.ContainsFunc(list, func(e *dns.EDNS0_EDE) bool {
		return e.InfoCode >= dns.ExtendedErrorCodeDNSBogus && e.InfoCode <= dns.ExtendedErrorCodeNSECMissing
	})
}

func infoCodes(list []*dns.EDNS0_EDE) []uint16 {
	var codes []uint16
	for _, e := range list {
		codes = append(codes, e.InfoCode)
	}
	return codes
}
