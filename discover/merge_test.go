package discover

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

func claimOf(source mail.Source, trust mail.Trust, evidence ...string) mail.Claim {
	return mail.Claim{Source: source, Trust: trust, Evidence: evidence}
}

func endpoint(text string) mail.Endpoint {
	e, err := mail.ParseEndpoint(text)
	if err != nil {
		panic(err)
	}
	return e
}

func TestClaimsAreMergedMostTrustedFirst(t *testing.T) {
	t.Parallel()
	at := endpoint("imaps://imap.example.org:993")
	claims := []mail.Claim{
		claimOf(mail.SourceAutoconfig, mail.TrustAuthenticated, "https://autoconfig.example.org/mail/config-v1.1.xml"),
		claimOf(mail.SourceISPDB, mail.TrustVouched, "https://ispdb.example/example.org"),
		claimOf(mail.SourceSRV, mail.TrustDNS, "srv:_imaps._tcp.example.org"),
		claimOf(mail.SourceAutoconfig, mail.TrustCleartext, "http://autoconfig.example.org/mail/config-v1.1.xml"),
		claimOf(mail.SourceGuess, mail.TrustGuess, "a:imap.example.org"),
	}
	for range 20 { // whoever is first, the result is the same
		l := newLedger()
		for _, i := range rand.Perm(len(claims)) {
			l.merge([]offer{{mail.Incoming, at, claims[i]}})
		}
		// The guess, the last one, says nothing that the others do not.
		if diff := cmp.Diff([]mail.Candidate{{Endpoint: at, Role: mail.Incoming, Claims: claims[:4], Proof: mail.Published}}, l.sorted()); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestTheSameClaimFromTwoPlacesHasBothAsEvidence(t *testing.T) {
	t.Parallel()
	at := endpoint("imaps://imap.example.org:993")
	l := newLedger()
	l.merge([]offer{{mail.Incoming, at, claimOf(mail.SourceAutoconfig, mail.TrustAuthenticated, "b")}})
	grown := l.merge([]offer{{mail.Incoming, at, claimOf(mail.SourceAutoconfig, mail.TrustAuthenticated, "a")}})
	want := []mail.Claim{claimOf(mail.SourceAutoconfig, mail.TrustAuthenticated, "a", "b")}
	if len(grown) != 1 || !cmp.Equal(grown[0].Claims, want) {
		t.Errorf("got %+v", grown)
	}
}

func TestWhatSaysNothingNewDoesNotGrow(t *testing.T) {
	t.Parallel()
	at := endpoint("imaps://imap.example.org:993")
	o := offer{mail.Incoming, at, claimOf(mail.SourceSRV, mail.TrustDNS, "srv")}
	l := newLedger()
	if first := l.merge([]offer{o, o}); len(first) != 1 || len(first[0].Claims) != 1 {
		t.Errorf("first got %+v", first)
	}
	if second := l.merge([]offer{o}); len(second) != 0 {
		t.Errorf("then got %+v", second)
	}
}

func TestAnEmittedCandidateNeverChanges(t *testing.T) {
	t.Parallel()
	at := endpoint("imaps://imap.example.org:993")
	l := newLedger()
	before := l.merge([]offer{{mail.Incoming, at, claimOf(mail.SourceGuess, mail.TrustGuess, "b")}})[0]
	kept := slices.Clone(before.Claims)
	l.merge([]offer{{mail.Incoming, at, claimOf(mail.SourceGuess, mail.TrustGuess, "a")}})
	l.merge([]offer{{mail.Incoming, at, claimOf(mail.SourceUser, mail.TrustUser)}})
	if diff := cmp.Diff(kept, before.Claims); diff != "" {
		t.Error(diff)
	}
}

func TestRolesAreApart(t *testing.T) {
	t.Parallel()
	at := endpoint("smtp+starttls://mx.example.org:25")
	l := newLedger()
	grown := l.merge([]offer{
		{mail.MX, at, claimOf(mail.SourceMX, mail.TrustDNS)},
		{mail.Outgoing, at, claimOf(mail.SourceUser, mail.TrustUser)},
	})
	if len(grown) != 2 {
		t.Errorf("got %+v", grown)
	}
}

func TestPinsAreExpanded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		pin  mail.Endpoint
		want []string
	}{
		{"no port: the standard ones", mail.Endpoint{Protocol: mail.IMAP, Host: "h.example"}, []string{"imaps://h.example:993", "imap+starttls://h.example:143"}},
		{"submission without port is not port 25", mail.Endpoint{Protocol: mail.SMTP, Host: "h.example"}, []string{"smtps://h.example:465", "smtp+starttls://h.example:587"}},
		{"a standard port tells the security", mail.Endpoint{Protocol: mail.POP3, Host: "h.example", Port: 110}, []string{"pop3+starttls://h.example:110"}},
		{"port 25 upgrades", mail.Endpoint{Protocol: mail.SMTP, Host: "h.example", Port: 25}, []string{"smtp+starttls://h.example:25"}},
		{"another port is tried both ways", mail.Endpoint{Protocol: mail.IMAP, Host: "h.example", Port: 1993}, []string{"imaps://h.example:1993", "imap+starttls://h.example:1993"}},
		{"a security tells the port", mail.Endpoint{Protocol: mail.SMTP, Host: "h.example", Security: mail.TLS}, []string{"smtps://h.example:465"}},
		{"no encryption has the port of STARTTLS", mail.Endpoint{Protocol: mail.IMAP, Host: "h.example", Security: mail.None}, []string{"imap://h.example:143"}},
		{"all is said", endpoint("imap://h.example:1143"), []string{"imap://h.example:1143"}},
	} {
		var got []string
		for _, e := range expandPin(tt.pin) {
			got = append(got, e.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestAddressesAreEncodedOnce(t *testing.T) { // case 42
	t.Parallel()
	for address, want := range map[string]string{
		"":                     "",
		"anna.b@example.org":   "?emailaddress=anna.b%40example.org",
		"a+b&c#d%e@ex.example": "?emailaddress=a%2Bb%26c%23d%25e%40ex.example",
		`"a b"@example.org`:    "?emailaddress=%22a%20b%22%40example.org",
		"ü@example.org":        "?emailaddress=%C3%BC%40example.org",
	} {
		if got := addressQuery(address); got != want {
			t.Errorf("%q became %q, want %q", address, got, want)
		}
	}
}
