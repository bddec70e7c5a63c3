package rules

import (
	"slices"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// settingsOf gives the endpoints of the settings in order, a preferred one with a star.
func settingsOf(j Judgement) []string {
	list := []string{}
	for _, s := range j.Settings {
		text := s.Endpoint.String()
		if s.Preferred {
			text += "*"
		}
		list = append(list, text)
	}
	return list
}

func TestSettingsStandBestFirst(t *testing.T) {
	t.Parallel()
	expired, misnamed := goodCertificate(), goodCertificate()
	expired.NotAfter, misnamed.Names = daysFromToday(-1), []string{"other.example"}
	heavy := nowhere()
	for weight, text := range []string{"imaps://a.example.org:993", "imaps://b.example.org:993", "imaps://c.example.org:993"} {
		heavy.claim(text, mail.Incoming, mail.Claim{Source: mail.SourceSRV, Trust: mail.TrustDNS, Priority: 10 * (1 - weight/2), Weight: weight})
	}
	for _, tt := range []struct {
		name  string
		world *world
		want  []string
	}{
		{"incoming before outgoing, one of each preferred", good(), []string{imaps + "*", smtps + "*"}},
		{"what works before what is better but broken", published().srv(imap).works(imap, smtps).dial(mail.Refused, imaps), []string{imap + "*", imaps, smtps + "*"}},
		{"what is signed in before a handshake", published().srv(smtp).works(imaps, smtps, smtp).accepts(smtp, "anna"), []string{imaps + "*", smtp + "*", smtps}},
		{"a guess after what is published", published().guess("imaps://mail.example.org:993").works(imaps, smtps, "imaps://mail.example.org:993"), []string{imaps + "*", "imaps://mail.example.org:993", smtps + "*"}},
		{"a guess that is not proved is no setting", published().guess(pop3s).works(imaps, smtps).dial(mail.Refused, pop3s), []string{imaps + "*", smtps + "*"}},
		{"a guess that is proved is a setting", nowhere().guess(imaps).works(imaps), []string{imaps + "*"}},
		{"IMAP before POP3, whoever claims it", nowhere().srv(imaps).says(mail.SourceAutoconfig, mail.TrustAuthenticated, pop3s).works(imaps, pop3s), []string{imaps + "*", pop3s}},
		{"the more trusted first", nowhere().srv("imaps://a.example.org:993").ispdb("imaps://b.example.org:993").works("imaps://a.example.org:993", "imaps://b.example.org:993"), []string{"imaps://b.example.org:993*", "imaps://a.example.org:993"}},
		{"TLS before STARTTLS", nowhere().srv(imap).srv(imaps).works(imap, imaps), []string{imaps + "*", imap}},
		{"SRV priority, then weight", heavy, []string{"imaps://c.example.org:993*", "imaps://b.example.org:993", "imaps://a.example.org:993"}},
		{"an MX host is never a setting", good().mxHost(mx).works(mx), []string{imaps + "*", smtps + "*"}},

		{"an expired certificate is not the setting's fault", nowhere().srv(imaps).shows(mail.CertExpired, expired, imaps), []string{imaps + "*"}},
		{"a wrong name is", nowhere().srv(imaps).shows(mail.CertName, misnamed, imaps), []string{imaps}},
		{"a wrong port is, while the host answers on another", nowhere().srv(imaps).srv(imap).dial(mail.Refused, imaps).shows(mail.CertExpired, expired, imap), []string{imap + "*", imaps}},
		{"a server that is down is not", nowhere().srv(imaps).srv(imap).dial(mail.Refused, imaps, imap), []string{imaps + "*", imap}},
		{"a host without an address is", nowhere().srv(imaps).dialAt(imaps, "", mail.DNSNXDomain), []string{imaps}},
		{"no encryption is", nowhere().ispdb("imap://imap.example.org:143").session("imap://imap.example.org:143", "", nil), []string{"imap://imap.example.org:143"}},
		{"a wrong password is not", good().rejects(imaps, "NO"), []string{imaps + "*", smtps + "*"}},
		{"what was not asked is not", published(), []string{imaps + "*", smtps + "*"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := settingsOf(tt.world.judge()); !slices.Equal(got, tt.want) {
				t.Errorf("\n got %v\nwant %v", got, tt.want)
			}
		})
	}
}

func TestASettingSaysWhatToTypeIn(t *testing.T) {
	t.Parallel()
	said := mail.Claim{Source: mail.SourceAutoconfig, Trust: mail.TrustAuthenticated, Username: "anna", Auth: []string{"oauth2", "plain"}}
	live := func(f *mail.SessionFacts) {
		f.Mechanisms.AfterTLS = []string{"gssapi", "xoauth2", "login", "scram-sha-256", "plain"}
	}
	for _, tt := range []struct {
		name     string
		world    *world
		username string
		auth     []string
		proof    mail.Proof
		sources  []mail.Source
		trust    mail.Trust
	}{
		{
			"as published, where nobody was asked", published().claim(imaps, mail.Incoming, said),
			"anna",
			[]string{"plain", "oauth2"},
			mail.Published,
			[]mail.Source{mail.SourceSRV, mail.SourceAutoconfig},
			mail.TrustAuthenticated,
		},
		{
			"the address, where no source says", good(),
			"anna@example.org",
			[]string{"plain", "login"},
			mail.Handshake,
			[]mail.Source{mail.SourceSRV},
			mail.TrustDNS,
		},
		{
			"what the server offers, passwords first", good().session(imaps, "", live),
			"anna@example.org",
			[]string{"login", "scram-sha-256", "plain", "xoauth2", "gssapi"},
			mail.Handshake,
			[]mail.Source{mail.SourceSRV},
			mail.TrustDNS,
		},
		{
			"tokens first, where the provider takes no passwords", good().session(imaps, "", live).provider(mail.Provider{OAuthOnly: true}),
			"anna@example.org",
			[]string{"xoauth2", "login", "scram-sha-256", "plain", "gssapi"},
			mail.Handshake,
			[]mail.Source{mail.SourceSRV},
			mail.TrustDNS,
		},
		{
			"what was accepted", good().claim(imaps, mail.Incoming, said).session(imaps, "", live).accepts(imaps, "a.nna"),
			"a.nna",
			[]string{"plain", "login", "scram-sha-256", "xoauth2", "gssapi"},
			mail.SignedIn,
			[]mail.Source{mail.SourceSRV, mail.SourceAutoconfig},
			mail.TrustAuthenticated,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := tt.world.judge().Settings[0]
			if s.Username != tt.username || !slices.Equal(s.Auth, tt.auth) || s.Proof != tt.proof || !slices.Equal(s.Sources, tt.sources) || s.Trust != tt.trust {
				t.Errorf("got %+v", s)
			}
		})
	}
}

func TestCompareIsATotalOrder(t *testing.T) {
	t.Parallel()
	w := nowhere().user(smtps).says(mail.SourceAutoconfig, mail.TrustAuthenticated, imaps, imap, pop3s).ispdb(smtp).srv("imaps://b.example.org:993").mxHost(mx).guess("imaps://mail.example.org:993")
	w.claim("smtp+starttls://mx.example.org:25", mail.Outgoing, mail.Claim{Source: mail.SourceSRV, Trust: mail.TrustDNS})
	w.claim("imaps://a.example.org:993", mail.Incoming, mail.Claim{Source: mail.SourceSRV, Trust: mail.TrustDNS, Priority: 5})
	want := []string{
		smtps, imaps, imap, pop3s, smtp, "imaps://b.example.org:993", "imaps://a.example.org:993", mx, mx, "imaps://mail.example.org:993",
	}
	for range w.Candidates {
		w.Candidates = append(w.Candidates[1:], w.Candidates[0]) // every rotation gives the same order
		var got []string
		for _, c := range slices.SortedFunc(slices.Values(w.Candidates), Compare) {
			got = append(got, c.Endpoint.String())
		}
		if !slices.Equal(got, want) {
			t.Fatalf("\n got %v\nwant %v", got, want)
		}
	}
	for i, a := range w.Candidates {
		for j, b := range w.Candidates {
			if (Compare(a, b) == 0) != (i == j) || Compare(a, b) != -Compare(b, a) {
				t.Errorf("%s %s against %s %s: %d", a.Role, a.Endpoint, b.Role, b.Endpoint, Compare(a, b))
			}
		}
	}
}

func TestProofFollowsWhatWasSeen(t *testing.T) {
	t.Parallel()
	bare := "imap://imap.example.org:143"
	unread := func(f *mail.SessionFacts) { f.Capabilities.AfterTLS = nil }
	for _, tt := range []struct {
		name  string
		world *world
		of    string
		want  mail.Proof
	}{
		{"nothing was seen", nowhere(), imaps, mail.Published},
		{"the connection was refused", nowhere().dial(mail.Refused, imaps), imaps, mail.Published},
		{"connected", nowhere().dial("", imaps), imaps, mail.Reachable},
		{"the certificate is bad", nowhere().shows(mail.CertName, goodCertificate(), imaps), imaps, mail.Reachable},
		{"the capabilities were not read", nowhere().works(imaps).session(imaps, "", unread), imaps, mail.Reachable},
		{"the session failed after the handshake", nowhere().works(imaps).session(imaps, mail.Closed, nil), imaps, mail.Reachable},
		{"TLS is verified, capabilities read", nowhere().works(imaps), imaps, mail.Handshake},
		{"the password is rejected", nowhere().works(imaps).rejects(imaps, "NO"), imaps, mail.Handshake},
		{"somebody signed in", nowhere().works(imaps).accepts(imaps, "anna"), imaps, mail.SignedIn},
		{"another server was seen", nowhere().works(smtps), imaps, mail.Published},
		{"no encryption is never a handshake", nowhere().session(bare, "", nil), bare, mail.Reachable},
		{"one address of two has a bad certificate", nowhere().works(imaps).observe(mail.Observation{ID: "tls:" + imaps + "#192.0.2.2", Kind: mail.KindTLS, Subject: imaps, Failure: failure(mail.CertExpired)}), imaps, mail.Handshake},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := ProofOf(endpoint(tt.of), tt.world.Observations); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
