package check_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// A serverCase is one server of a world and what mailmedic makes of it.
type serverCase struct {
	name, server string
	class        mail.Class // of the last session, or of the dial where there is none
	finding      string     // the only one that matters, "" for none
	words        string     // in its title or detail
}

// holdAll probes the server of each case, whose host is written without the
// domain of the world. An address that asks for patience is left alone for a
// moment only. What else is to hold of each run comes last.
func holdAll(t *testing.T, w *lab.World, cases []serverCase, change func(serverCase, *check.Options), holds ...func(*testing.T, serverCase, run)) {
	t.Helper()
	_, network, target, leave := enter(t, w, lab.Options{})
	t.Cleanup(leave)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := c.server
			if end := strings.LastIndexByte(server, ':'); !strings.Contains(server, "//192.0.2.") {
				server = server[:end] + "." + target.Domain + server[end:]
			}
			e, err := mail.ParseServer(server)
			if err != nil {
				t.Fatal(err)
			}
			o := check.Options{Network: network, FailOn: mail.Error}
			o.SetBackOff(50 * time.Millisecond)
			if change != nil {
				change(c, &o)
			}
			var r run
			r.closing = check.Probe(t.Context(), []mail.Endpoint{e}, o, func(e mail.Event) { r.events = append(r.events, e) })
			if got := r.classOf(server); got != c.class {
				t.Errorf("class %q, want %q", got, c.class)
			}
			r.wantFinding(t, c.finding, c.words)
			for _, hold := range holds {
				hold(t, c, r)
			}
		})
	}
}

func TestEveryCaseOfAnOfferHasItsFinding(t *testing.T) {
	t.Parallel()
	holdAll(t, world(t, "case/capabilities"), []serverCase{
		{"case 28: STARTTLS on the last line", "smtp+starttls://c28:587", "", "", ""},
		{"case 30: HELO alone", "smtp+starttls://c30:587", mail.StartTLSNotOffered, "smtp.no-extensions", "no extensions of SMTP"},
		{"case 30: not even HELO", "smtp+starttls://c30b:587", mail.GreetingRejected, "server.greeting-rejected", "turns connections"},
		{"case 32: 421 at EHLO", "smtps://c32:465", mail.GreetingRejected, "server.greeting-rejected", "turns connections"},
		{"case 32: hanging up at EHLO", "smtps://c32b:465", mail.Closed, "server.closed", "too early"},
		{"case 33: no fixed size", "smtps://c33:465", "", "", ""},
		{"case 33: a size beyond all numbers", "smtps://c33b:465", "", "", ""},
		{"case 33: a small size", "smtps://c33c:465", "", "smtp.small-size", "no message larger than 2 MB"},
		{"case 34: ten thousand extensions", "smtps://c34:465", mail.TooLarge, "server.protocol-fault", "more than any mail server has to say"},
		{"case 36: sign-in before encryption", "smtp+starttls://c36:587", "", "auth.cleartext-offered", "before the connection is encrypted"},
		{"case 37: sign-in only after encryption", "smtp+starttls://c37:587", "", "", ""},
		{"case 39: LOGINDISABLED goes with encryption", "imap+starttls://c39:143", "", "", ""},
		{"case 40: LOGINDISABLED stays", "imaps://c40:993", "", "auth.no-mechanism", "no way to sign in"},
		{"case 41: nothing for a password", "smtps://c41:465", "", "auth.no-mechanism", "not with a password"},
		{"case 42: the web alone", "smtps://c42:465", "", "auth.oauth-only", "accepts no password"},
		{"case 43: no CAPA", "pop3s://c43:995", "", "", ""},
		{"case 43: no CAPA, and STLS all the same", "pop3+starttls://c43b:110", "", "", ""},
		{"case 44: no UIDL", "pop3s://c44:995", "", "pop3.no-uidl", "cannot know what it has already"},
		{"case 44: EXPIRE 0", "pop3s://c44b:995", "", "pop3.deletes-mail", "does not keep mail"},
		{"case 44: LOGIN-DELAY 300", "pop3s://c44c:995", "", "pop3.login-delay", "every 5 minutes"},
		{"case 44: no USER", "pop3s://c44d:995", "", "", ""},
		{"case 46: another tag", "imaps://c46:993", mail.ProtocolFault, "server.protocol-fault", "does not speak IMAP properly"},
		{"case 46: a literal of 4 GiB", "imaps://c46b:993", mail.TooLarge, "server.protocol-fault", "more than any mail server has to say"},
		{"case 46: a hundred thousand parentheses", "imaps://c46c:993", mail.TooLarge, "server.protocol-fault", "more than any mail server has to say"},
		{"case 47: no STARTTLS on port 25", "smtp+starttls://c47:25", mail.StartTLSNotOffered, "tls.none-offered", "insist on encryption cannot deliver"},
		{"case 49: 454", "smtp+starttls://c49:587", mail.StartTLSRefused, "starttls.refused", "454 4.7.0 TLS not available due to local problem"},
		{"case 49: NO", "imap+starttls://c49b:143", mail.StartTLSRefused, "starttls.refused", "NO [UNAVAILABLE] TLS is not configured"},
		{"case 49: -ERR", "pop3+starttls://c49c:110", mail.StartTLSRefused, "starttls.refused", "-ERR no certificate"},
		{"case 51: words behind the answer", "smtp+starttls://c51:587", mail.StartTLSInjection, "starttls.injection", "plain text into the start"},
		{"case 53: an early command is obeyed", "smtp+starttls://c53:587", "", "starttls.command-injection", "as if it had been said there"},
		{"case 53: an early command is dropped", "smtp+starttls://c53b:587", "", "", ""},
	}, func(c serverCase, o *check.Options) { o.Injection = strings.HasPrefix(c.name, "case 53") })
}

func TestEveryCaseOfAHandshakeHasItsFinding(t *testing.T) {
	t.Parallel()
	holdAll(t, world(t, "case/tls"), []serverCase{
		{"case 55: a large ClientHello is reset", "imaps://c55large:993", mail.Reset, "tls.large-hello", "begins with a large packet"},
		{"case 55: TLS 1.3 is closed upon", "smtp+starttls://c55new:587", mail.Closed, "tls.version-intolerance", "when TLS 1.3 is offered"},
		{"case 55: every ClientHello is closed upon", "imaps://c55dead:993", mail.Closed, "tls.handshake-failed", "before the certificate can be judged"},
		{"case 57: TLS 1.0", "imaps://c57:993", mail.TLSVersion, "tls.version", "(TLS 1.0)"},
		{"case 57: TLS 1.1", "imaps://c57b:993", mail.TLSVersion, "tls.version", "(TLS 1.1)"},
		{"case 57: SSL 3.0", "imaps://c57ssl:993", mail.TLSVersion, "tls.version", "(SSL 3.0)"},
		{"case 58: RSA key exchange", "imaps://c58:993", mail.TLSAlert, "tls.obsolete-ciphers", "TLS_RSA_WITH_AES_128_CBC_SHA"},
		{"case 58: 3DES", "imaps://c58des:993", mail.TLSAlert, "tls.obsolete-ciphers", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
		{"case 58: RC4", "imaps://c58rc4:993", mail.TLSAlert, "tls.obsolete-ciphers", "TLS_RSA_WITH_RC4_128_SHA"},
		{"case 58: DHE", "imaps://c58dhe:993", mail.TLSAlert, "tls.obsolete-ciphers", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
		{"case 59: TLS 1.3 alone", "imaps://c59:993", "", "", ""},
		{"case 60: alert 40", "imaps://c60a40:993", mail.TLSAlert, "tls.handshake-failed", "nothing in common with us"},
		{"case 60: alert 42", "imaps://c60a42:993", mail.TLSAlert, "tls.handshake-failed", "refuses the certificate of the client"},
		{"case 60: alert 48", "imaps://c60a48:993", mail.TLSAlert, "tls.handshake-failed", "refuses the certificate of the client"},
		{"case 60: alert 70", "imaps://c60a70:993", mail.TLSVersion, "tls.version", "only outdated versions"},
		{"case 60: alert 80", "imaps://c60a80:993", mail.TLSAlert, "tls.handshake-failed", "a fault of its own"},
		{"case 60: alert 86", "imaps://c60a86:993", mail.TLSAlert, "tls.handshake-failed", "less than both sides can do"},
		{"case 60: alert 112", "imaps://c60a112:993", mail.TLSAlert, "tls.handshake-failed", "does not know that name"},
		{"case 60: alert 116", "imaps://c60a116:993", mail.TLSAlert, "tls.handshake-failed", "refuses the certificate of the client"},
		{"case 60: alert 120", "imaps://c60a120:993", mail.TLSAlert, "tls.handshake-failed", "by ALPN"},
		{"case 71: a certificate of the client is asked for", "imaps://c71:993", "", "tls.client-certificate", "goes on without one"},
		{"case 71: a certificate of the client is demanded", "imaps://c71must:993", mail.TLSAlert, "tls.client-certificate", "a certificate of their own"},
		{"case 73: the end comes without a goodbye", "imaps://c73:993", "", "", ""},
	}, nil)
}

func TestEveryCaseOfACertificateHasItsFinding(t *testing.T) {
	t.Parallel()
	holdAll(t, world(t, "case/tls"), []serverCase{
		{"case 61: expired a day ago", "imaps://c61:993", "", "tls.certificate-expired", "1 day ago"},
		{"case 62: valid in a month", "imaps://c62:993", "", "tls.certificate-not-yet-valid", "valid only from"},
		{"case 63: the last day", "imaps://c63today:993", "", "tls.certificate-expires-soon", "within a day"},
		{"case 63: 5 days of 6", "imaps://c63six:993", "", "", ""},
		{"case 63: 1 day of 6", "imaps://c63six-late:993", "", "tls.certificate-expires-soon", "in 1 day"},
		{"case 63: 6 days of 47", "imaps://c63m:993", "", "tls.certificate-expires-soon", "in 6 days"},
		{"case 63: 6 days of 90", "imaps://c63q:993", "", "tls.certificate-expires-soon", "in 6 days"},
		{"case 63: 6 days of 398", "imaps://c63y:993", "", "tls.certificate-expires-soon", "in 6 days"},
		{"case 63: 100 days of 398", "imaps://c63y-early:993", "", "", ""},
		{"case 64: signed by itself", "imaps://c64:993", "", "tls.certificate-self-signed", "signed by itself"},
		{"case 64: a private root that is sent", "imaps://c64private:993", "", "tls.certificate-untrusted", "CN=Private CA"},
		{"case 64: a root that is not sent", "imaps://c64gone:993", "", "tls.chain-incomplete", "missing"},
		{"case 64: a public root that is sent", "imaps://c64root:993", "", "", ""},
		{"case 65: the leaf alone", "imaps://c65:993", "", "tls.chain-incomplete", "missing"},
		{"case 65: the wrong intermediate", "imaps://c65wrong:993", "", "tls.chain-incomplete", "missing"},
		{"case 65: in another order", "imaps://c65order:993", "", "tls.chain-order", "the order is wrong"},
		{"case 65: with a stranger", "imaps://c65extra:993", "", "tls.chain-order", "do not belong to it"},
		{"case 65: with one twice", "imaps://c65twice:993", "", "tls.chain-order", "stand in it twice"},
		{"case 66: other names", "imaps://c66:993", "", "tls.certificate-name", "other.tls.example and www.tls.example"},
		{"case 66: the common name alone", "imaps://c66cn:993", "", "tls.certificate-name", "no longer look"},
		{"case 66: a wildcard, one label", "imaps://c66wild:993", "", "", ""},
		{"case 66: a wildcard, two labels", "imaps://two.c66wild:993", "", "tls.certificate-name", "one label only"},
		{"case 66: upper case", "imaps://c66upper:993", "", "", ""},
		{"case 66: A-labels", "imaps://xn--bcher-kva:993", "", "", ""},
		{"case 66: U-labels", "imaps://xn--mller-kva:993", mail.CertUntrusted, "tls.certificate-unusable", "SAN dNSName is malformed"},
		{"case 66: an address that stands in it", "imaps://192.0.2.66:993", "", "", ""},
		{"case 66: an address that does not", "imaps://192.0.2.67:993", "", "tls.certificate-name", "c66ip.tls.example"},
		{"case 68: RSA of 1024 bits", "imaps://c68:993", "", "tls.certificate-weak", "an RSA key of 1024 bits"},
		{"case 68: SHA-1", "imaps://c68sha1:993", "", "tls.certificate-unusable", "ECDSA-SHA1"},
		{"case 68: a key of an unusual kind", "imaps://c68odd:993", mail.TLSAlert, "tls.certificate-unusable", "its key or its signature"},
		{"case 69: for clients", "imaps://c69:993", "", "tls.certificate-usage", "for: client"},
		{"case 69: an authority's", "imaps://c69ca:993", "", "tls.certificate-usage", "one of an authority"},
		{"case 69: an authority bound to other names", "imaps://c69bound:993", "", "tls.certificate-unusable", "must not vouch for that name"},
		{"case 72: the name of a security product", "imaps://c72:993", "", "tls.intercepted", "Avast on this computer or network"},
	}, nil)
}

// A domain may be among the names that a certificate proves in place of the host.
func TestEveryCaseOfANameHasItsFinding(t *testing.T) {
	t.Parallel()
	_, network, _, leave := enter(t, world(t, "case/tls-names"), lab.Options{})
	t.Cleanup(leave)
	for _, c := range []struct {
		name, domain, words string
		host, inDomain, srv string // by what each is proved
	}{
		{"case 67: the target of the SRV record and not the mail domain", "target.example", "", "a.hoster.example", "", ""},
		{"case 67: the mail domain and not the target", "domain.example", "It has the mail domain domain.example", "", "domain.example", ""},
		{"case 67: the service alone", "service.example", "It has the service _imaps.service.example", "", "", "_imaps.service.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			target, err := mail.ParseTarget(c.domain)
			if err != nil {
				t.Fatal(err)
			}
			var r run
			r.closing = check.Run(t.Context(), target, check.Options{Network: network, FailOn: mail.Error}, func(e mail.Event) { r.events = append(r.events, e) })
			finding := ""
			if c.words != "" {
				finding = "tls.certificate-name"
			}
			r.wantFinding(t, finding, c.words)
			want := map[mail.IdentityKind]string{mail.IdentityHost: c.host, mail.IdentityMailDomain: c.inDomain, mail.IdentitySRVName: c.srv}
			seen := 0
			for _, e := range r.events {
				if e.Observation == nil || e.Observation.TLSFacts == nil || !strings.HasPrefix(e.Observation.Subject, "imaps:") {
					continue
				}
				for _, i := range e.Observation.Identities {
					if seen++; i.MatchedBy != want[i.Kind] {
						t.Errorf("%s %s is proved by %q, want %q", i.Kind, i.Name, i.MatchedBy, want[i.Kind])
					}
				}
			}
			if seen != 3 {
				t.Errorf("%d names were looked for", seen)
			}
		})
	}
}
