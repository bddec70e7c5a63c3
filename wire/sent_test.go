package wire

import (
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/mailmedic/mailmedic/mail"
)

// Cases 65 and 67: what a server sends is told apart from the chain that is built of it.
func TestOddChainsAreNoted(t *testing.T) {
	t.Parallel()
	root := newAuthority(t, "Root")
	upper := root.below(t, "Upper")
	lower := upper.below(t, "Lower")
	stranger := newAuthority(t, "Stranger")
	hello := func(after ...*x509.Certificate) tls.Certificate { return lower.issue(t, nil, after...) }
	whole := []string{"CN=a common name", "CN=Lower", "CN=Upper", "CN=Root"}
	for _, tt := range []struct {
		name  string
		sent  tls.Certificate
		notes []mail.ChainNote
		chain []string
	}{
		{"as it should be", hello(lower.cert, upper.cert), nil, whole},
		{"with the root", hello(lower.cert, upper.cert, root.cert), []mail.ChainNote{mail.ChainRoot}, whole},
		{"in another order", hello(upper.cert, lower.cert), []mail.ChainNote{mail.ChainOrder}, whole},
		{"with a stranger in it", hello(lower.cert, stranger.cert, upper.cert), []mail.ChainNote{mail.ChainExtra}, whole},
		{"with one twice", hello(lower.cert, upper.cert, lower.cert), []mail.ChainNote{mail.ChainRepeated}, whole},
		{"with a gap", hello(lower.cert), []mail.ChainNote{mail.ChainMissing}, nil},
		{"the leaf alone", hello(), []mail.ChainNote{mail.ChainMissing}, nil},
		{"everything at once", hello(upper.cert, lower.cert, stranger.cert, upper.cert, root.cert), []mail.ChainNote{mail.ChainOrder, mail.ChainExtra, mail.ChainRepeated, mail.ChainRoot}, whole},
		{"an unknown root that is sent is no gap", stranger.issue(t, nil, stranger.cert), []mail.ChainNote{mail.ChainRoot}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := (&world{}).network(t, Options{Roots: root.pool(), Now: now})
			_, obs, _, _ := shaken(t, n, imaps, &tls.Config{Certificates: []tls.Certificate{tt.sent}})
			if !slices.Equal(obs.ChainNotes, tt.notes) || !slices.Equal(obs.Chain, tt.chain) {
				t.Errorf("notes %q, chain %q", obs.ChainNotes, obs.Chain)
			}
		})
	}
}

// A server may send more certificates of one name than anybody has time to check.
func TestThousandsOfCertificatesCostNoTime(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	leaf := ca.issue(t, nil)
	parsed, err := x509.ParseCertificate(leaf.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	certs := append([]*x509.Certificate{parsed}, slices.Repeat([]*x509.Certificate{newAuthority(t, "Root").cert}, 20000)...)
	began := time.Now()
	if notes := chainNotes(certs, false); !slices.Contains(notes, mail.ChainRepeated) || time.Since(began) > time.Second {
		t.Errorf("%q after %s", notes, time.Since(began))
	}
}

func TestTheNameThatFits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		names []string
		want  string
	}{
		{"an exact one before a wildcard", []string{"*.example.com", "imap.example.com"}, "imap.example.com"},
		{"a wildcard", []string{"example.com", "*.example.com"}, "*.example.com"},
		{"none", []string{"example.com"}, ""},
	} {
		leaf := &x509.Certificate{DNSNames: tt.names}
		if got := matchedName(leaf, "imap.example.com"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWhatACertificateMayBeUsedFor(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
	leaf := ca.issue(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	_, obs, _, _ := shaken(t, n, imaps, &tls.Config{Certificates: []tls.Certificate{leaf}})
	if c := obs.Certificates[0]; !slices.Equal(c.Usages, []string{"client"}) || c.Signature != "ECDSA-SHA256" || c.Authority || c.Exponent != 0 {
		t.Errorf("%+v", c)
	}
}

func TestAStapledStatusIsBelievedOnlyWhereItIsSigned(t *testing.T) {
	t.Parallel()
	ca, stranger := newAuthority(t, "Root"), newAuthority(t, "Root")
	sent := ca.issue(t, nil)
	leaf, err := x509.ParseCertificate(sent.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	answer := func(by authority, status int, serial *big.Int, from, until time.Duration) []byte {
		der, err := ocsp.CreateResponse(by.cert, by.cert, ocsp.Response{
			Status: status, SerialNumber: serial, ThisUpdate: now().Add(from), NextUpdate: now().Add(until), RevokedAt: now().Add(from),
		}, by.key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for _, tt := range []struct {
		name   string
		staple []byte
		want   mail.OCSPStatus
	}{
		{"good", answer(ca, ocsp.Good, leaf.SerialNumber, -day, day), mail.OCSPGood},
		{"revoked", answer(ca, ocsp.Revoked, leaf.SerialNumber, -day, day), mail.OCSPRevoked},
		{"revoked once is revoked for ever", answer(ca, ocsp.Revoked, leaf.SerialNumber, -9*day, -day), mail.OCSPRevoked},
		{"not known to the authority", answer(ca, ocsp.Unknown, leaf.SerialNumber, -day, day), mail.OCSPUnknown},
		{"out of date", answer(ca, ocsp.Good, leaf.SerialNumber, -9*day, -day), mail.OCSPStale},
		{"of tomorrow", answer(ca, ocsp.Good, leaf.SerialNumber, day, 2*day), mail.OCSPStale},
		{"signed by somebody else", answer(stranger, ocsp.Good, leaf.SerialNumber, -day, day), mail.OCSPInvalid},
		{"about another certificate", answer(ca, ocsp.Good, big.NewInt(4711), -day, day), mail.OCSPInvalid},
		{"noise", []byte{0x30, 0x03, 1}, mail.OCSPInvalid},
		{"nothing", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
			with := sent
			with.OCSPStaple = tt.staple
			_, obs, _, _ := shaken(t, n, imaps, &tls.Config{Certificates: []tls.Certificate{with}})
			if obs.Stapled != tt.want {
				t.Errorf("got %q, want %q", obs.Stapled, tt.want)
			}
		})
	}
}
