package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// The words of mail programs for the words of the contract. What is not known
// here, from a later version's recording, is printed as it is.

func protocolWord(p mail.Protocol) string { return strings.ToUpper(string(p)) }

func securityWords(s mail.Security) string {
	switch s {
	case mail.TLS:
		return "SSL/TLS"
	case mail.StartTLS:
		return "STARTTLS"
	}
	return string(s)
}

func roleWord(r mail.Role) string {
	switch r {
	case mail.Incoming:
		return "Receive"
	case mail.Outgoing:
		return "Send"
	case mail.MX:
		return "Mail exchanger"
	}
	return string(r)
}

func sourceWords(s mail.Source) string {
	switch s {
	case mail.SourcePACC, mail.SourceJMAP:
		return "the " + strings.ToUpper(string(s)) + " document"
	case mail.SourceAutoconfig:
		return "the autoconfig document"
	case mail.SourceAutodiscover:
		return "the Autodiscover answer"
	case mail.SourceSRV:
		return "DNS service records"
	case mail.SourceISPDB:
		return "the provider database of Thunderbird"
	case mail.SourceProvider:
		return "the provider table of mailmedic"
	case mail.SourceMX:
		return "the mail exchanger of the domain"
	case mail.SourceTXT:
		return "a TXT record"
	case mail.SourceGuess:
		return "a usual name"
	case mail.SourceUser:
		return "your command"
	}
	return string(s)
}

func trustWords(t mail.Trust) string {
	switch t {
	case mail.TrustUser:
		return "you named it"
	case mail.TrustAuthenticated:
		return "the domain itself vouches for it"
	case mail.TrustVouched:
		return "a list of known providers vouches for it"
	case mail.TrustDNS:
		return "the domain's DNS says so, not signed"
	case mail.TrustRedirected:
		return "it leads out of the domain and nobody vouches for it"
	case mail.TrustCleartext:
		return "it came over an unencrypted connection"
	case mail.TrustGuess:
		return "nobody publishes it"
	}
	return string(t)
}

func isPasswordWord(way string) bool {
	return way == mail.NormalPassword || way == mail.EncryptedPassword
}

// signInWords gives the ways to sign in as mail programs call them, in their order.
func signInWords(mechanisms []string) []string {
	var ways []string
	for _, m := range mechanisms {
		if way := mail.SignInWord(m); !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return ways
}

// whyWords goes on after "because". A run that the user ended had no deadline to keep.
func whyWords(w mail.Why, interrupted bool) string {
	switch w {
	case mail.WhyGrace:
		return "the rest was known and this was slow"
	case mail.WhyDeadline:
		if interrupted {
			return "the run was interrupted"
		}
		return "the time was over (--timeout gives more)"
	case mail.WhyPolicy:
		return "the rules of this run do not allow it"
	case mail.WhyConsent:
		return "nobody agreed to it"
	case mail.WhyBudget:
		return "more tries could lock the account"
	case mail.WhyThrottled:
		return "the server asked to stop trying"
	}
	return string(w)
}

// ownerWords says who acts; the domain is that of the target, for people.
func ownerWords(o mail.Owner, domain string) string {
	switch o {
	case mail.OwnerUser:
		return "the user of the mailbox"
	case mail.OwnerAdmin:
		return join(" of ", "the administrator", domain)
	case mail.OwnerProvider:
		return "the mail provider"
	case mail.OwnerNetwork:
		return "who runs the network here: router, firewall, VPN or antivirus"
	case mail.OwnerSender, mail.OwnerRecipient:
		return "the " + string(o)
	}
	return string(o)
}

func confidenceWords(c mail.Confidence) string {
	switch c {
	case mail.Certain:
		return ""
	case mail.Likely:
		return "likely, not certain"
	case mail.Possible:
		return "possible, one of several explanations"
	}
	return string(c)
}

// hostWords gives a host name for people, with its A-labels beside when they differ.
func (p *page) hostWords(host string) string {
	if u := p.hostName(host); u != host {
		return u + " (" + host + ")"
	}
	return host
}

// hostName gives a host name in U-labels where the page can show them.
func (p *page) hostName(host string) string {
	if p.ascii {
		return host
	}
	return mail.DisplayName(host)
}

// subjectWords gives an endpoint as "host port (PROTOCOL, encryption)", one of
// its addresses as "host port at address", the id of a question to the DNS as
// "MX record of host", and any other subject as it is.
func (p *page) subjectWords(subject string) string {
	if url, ok := strings.CutPrefix(subject, "post:"); ok {
		return url + " (POST)"
	}
	if kind, name, ok := cutDNS(subject); ok {
		name, resolver, compared := strings.Cut(name, "@")
		words := strings.ToUpper(kind) + " record of " + p.hostWords(name)
		if compared {
			words += " as " + resolver + " has it"
		}
		return words
	}
	endpoint, address, one := strings.Cut(subject, "#")
	e, err := mail.ParseEndpoint(endpoint)
	if err != nil || !strings.Contains(subject, "://") {
		return subject
	}
	if one {
		address, survey := strings.CutSuffix(address, "/survey")
		words := fmt.Sprintf("%s %d at %s", p.hostWords(e.Host), e.Port, address)
		if survey {
			words = "the TLS survey of " + words
		}
		return words
	}
	return fmt.Sprintf("%s %d (%s, %s)", p.hostWords(e.Host), e.Port, protocolWord(e.Protocol), encryptionWords(e.Security))
}

// cutDNS takes the id of a question to the DNS apart.
func cutDNS(id string) (kind, name string, ok bool) {
	kind, name, ok = strings.Cut(id, ":")
	return kind, name, ok && slices.Contains([]string{"a", "aaaa", "mx", "srv", "txt", "cname"}, kind)
}

func encryptionWords(s mail.Security) string {
	if s == mail.None {
		return "no encryption"
	}
	return securityWords(s)
}

// usernameWords gives the user name to type in. For a domain alone it is a
// pattern, and where no source names one it is what is usual.
func usernameWords(name string, t mail.Target) string {
	switch name {
	case "":
		if t.Address == "" {
			return "usually the full email address"
		}
		return "usually " + t.Address
	case "%EMAILADDRESS%":
		return "the full email address"
	case "%EMAILLOCALPART%":
		return "the part before the @"
	}
	return strings.NewReplacer(
		"%EMAILADDRESS%", "NAME@"+t.Domain, "%EMAILLOCALPART%", "NAME", "%EMAILDOMAIN%", t.Domain,
	).Replace(name)
}

// shownUsername gives the user name as usernameWords does, with U-labels where it
// ends in the target's domain, and then the form in ASCII for programs that know no other.
func (p *page) shownUsername(name string, t mail.Target) (words, ascii string) {
	words = usernameWords(name, t)
	local, ok := strings.CutSuffix(words, "@"+t.Domain)
	if !ok || p.hostName(t.Domain) == t.Domain {
		return words, ""
	}
	return local + "@" + p.hostName(t.Domain), strings.TrimPrefix(words, "usually ")
}

// count gives "1 message", "2 messages".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// seconds gives a duration in milliseconds as people say it.
func seconds(ms int64) string {
	if ms < 100 {
		return fmt.Sprintf("%d ms", ms)
	}
	if ms < 10_000 {
		return fmt.Sprintf("%.1f s", float64(ms)/1000)
	}
	return fmt.Sprintf("%d s", (ms+500)/1000)
}
