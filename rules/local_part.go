package rules

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mailmedic/mailmedic/mail"
)

// localPartRule is about addresses that only a part of all mail servers know.
func localPartRule() rule {
	return rule{
		id: "address.not-ascii", looksFor: "the part of the address before the @ has letters beyond ASCII",
		severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Certain,
		references: []string{"RFC 6531 section 3", "RFC 6855"},
		words: words{
			title:  "The address {address} has letters before the @ that many mail servers do not take",
			detail: "Mail to and from it passes only where the servers of both sides know SMTPUTF8.[ {without} {without:does|do} not offer it.] For the domain there is a form in ASCII, for what stands before the @ there is none.",
			fix:    "Have a second address in ASCII for the same mailbox, and use it with people whose servers refuse this one.",
		},
		check: (*index).findLocalPart,
	}
}

func (x *index) findLocalPart() []hit {
	if !strings.ContainsFunc(x.Target.LocalPart(), func(r rune) bool { return r > unicode.MaxASCII }) {
		return nil
	}
	without := x.serversWhere(func(s *server) bool {
		return s.endpoint.Protocol == mail.SMTP && s.capable() && !slices.ContainsFunc(s.session.Capabilities.AfterTLS, isSMTPUTF8)
	})
	hosts := each(without, byHost)
	h := hit{subject: x.Target.Address, servers: without}
	for _, s := range without {
		h.evidence = append(h.evidence, s.session.ID)
	}
	h.params = params{"address": said(x.Target.DisplayAddress()), "without": hosts}
	return []hit{h}
}

func isSMTPUTF8(capability string) bool { return strings.EqualFold(capability, "SMTPUTF8") }
