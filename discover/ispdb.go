package discover

import (
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// askISPDB asks the database of providers for the domain. It is told the
// domain only.
func (s *Search) askISPDB() { s.askDatabase(s.target.Domain) }

// askMXISPDB asks it for the domain above an MX host.
func (s *Search) askMXISPDB(domain string) { s.askDatabase(domain) }

func (s *Search) askDatabase(domain string) {
	if s.options.NoThirdParty {
		s.leaveOut(mail.SourceISPDB, domain, "third parties are not to be asked")
		return
	}
	base := s.options.ISPDB
	if base == "" {
		base = ThunderbirdISPDB
	}
	trust := mail.TrustVouched
	if !strings.HasPrefix(strings.ToLower(base), "https://") {
		trust = mail.TrustCleartext
	}
	s.askDocument(document{source: mail.SourceISPDB, url: strings.TrimSuffix(base, "/") + "/" + domain, trust: trust})
}
