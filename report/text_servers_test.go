package report

import (
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

func TestWhichNamesACertificateProvesIsSaidWhereItIsNotPlain(t *testing.T) {
	t.Parallel()
	of := func(kind mail.IdentityKind, name, by string) mail.Identity {
		return mail.Identity{Kind: kind, Name: name, MatchedBy: by}
	}
	const host, inDomain, service = mail.IdentityHost, mail.IdentityMailDomain, mail.IdentitySRVName
	for _, tt := range []struct {
		when string
		list []mail.Identity
		want string
	}{
		{"the host alone", []mail.Identity{of(host, "imap.example.org", "IMAP.example.org"), of(inDomain, "example.org", ""), of(service, "_imaps.example.org", "")}, ""},
		{"the host by a wildcard", []mail.Identity{of(host, "imap.example.org", "*.example.org")}, "imap.example.org by *.example.org"},
		{"the mail domain too", []mail.Identity{of(host, "imap.example.org", "imap.example.org"), of(inDomain, "example.org", "example.org")}, "imap.example.org, the mail domain example.org"},
		{"the service in place of the host", []mail.Identity{of(host, "imap.hoster.example", ""), of(service, "_imaps.example.org", "_imaps.example.org")}, "_imaps.example.org, not imap.hoster.example"},
		{"nothing was looked at", nil, ""},
	} {
		if got := provedWords(tt.list); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.when, got, tt.want)
		}
	}
}

func TestWhatEncryptionChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		when          string
		before, after []string
		want          string
	}{
		{"there is no before", nil, []string{"AUTH PLAIN"}, ""},
		{"it failed", []string{"STARTTLS"}, nil, ""},
		{"only the offer of it goes", []string{"SIZE 1", "STARTTLS"}, []string{"SIZE 1"}, ""},
		{"sign-in comes", []string{"STARTTLS", "LOGINDISABLED"}, []string{"AUTH=PLAIN", "AUTH=LOGIN"}, "also AUTH=PLAIN AUTH=LOGIN; no longer LOGINDISABLED"},
		{"much comes", []string{"STARTTLS"}, []string{"SIZE 1", "ETRN", "AUTH PLAIN LOGIN", "DSN"}, "also AUTH PLAIN LOGIN, DSN and 2 more"},
		{"something goes", []string{"STLS", "UIDL"}, []string{}, "no longer UIDL"},
	} {
		if got := change(mail.BothWays{BeforeTLS: tt.before, AfterTLS: tt.after}, 2); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.when, got, tt.want)
		}
	}
}

func TestAFingerprintIsReadInGroups(t *testing.T) {
	t.Parallel()
	for digits, want := range map[string]string{"": "", "0123456789abcdef": "01234567 89abcdef", "0123456789": "01234567 89"} {
		if got := inGroups(digits); got != want {
			t.Errorf("%q: %q, want %q", digits, got, want)
		}
	}
}

func TestASecondAddressIsToldWhereItIsOdd(t *testing.T) {
	t.Parallel()
	const subject = "imaps://imap.example.org:993"
	until := time.Date(2027, 1, 21, 0, 0, 0, 0, time.UTC)
	seen := func(address, mark string, until time.Time, failure *mail.Failure) []mail.Event {
		tls := mail.Observation{ID: "tls:" + subject + "#" + address, Kind: mail.KindTLS, Subject: subject, Address: address, Failure: failure, TLSFacts: &mail.TLSFacts{
			Version: "TLS 1.3", Certificates: []mail.Certificate{{Subject: "CN=imap.example.org", Issuer: "CN=R12", Key: "RSA 2048", NotAfter: until}},
		}}
		session := mail.Observation{ID: "session:" + subject + mark, Kind: mail.KindSession, Subject: subject, Address: address, SessionFacts: &mail.SessionFacts{Greeting: "* OK"}}
		return []mail.Event{{Observation: &tls}, {Observation: &session}}
	}
	for _, tt := range []struct {
		when    string
		second  []mail.Event
		want    string
		without string
	}{
		{"it is alike", seen("192.0.2.2", "#192.0.2.2", until, nil), "SSL/TLS) at 192.0.2.1, 192.0.2.2\n", "Also at"},
		{"its certificate lasts longer", seen("192.0.2.2", "#192.0.2.2", until.AddDate(0, 1, 0), nil), "Also at       192.0.2.2: TLS 1.3, certificate CN=imap.example.org until 21 Feb 2027\n", "192.0.2.1, 192.0.2.2"},
		{"its certificate is bad", seen("192.0.2.2", "#192.0.2.2", until, &mail.Failure{Class: mail.CertName, Detail: "wrong"}), "until 21 Jan 2027; cert-name", "192.0.2.1, 192.0.2.2"},
	} {
		events := append([]mail.Event{{Header: &mail.Header{Command: "probe", Started: until.AddDate(0, -1, 0)}}}, seen("192.0.2.1", "", until, nil)...)
		events = append(append(events, tt.second...), mail.Event{Verdict: &mail.Closing{}})
		got := string(printed(t, "text", Options{Width: 100}, events))
		if !strings.Contains(got, tt.want) || strings.Contains(got, tt.without) {
			t.Errorf("%s: %s", tt.when, got)
		}
	}
}
