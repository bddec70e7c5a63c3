package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const token = "ya29.a0-not_a/real+token=="

// saslWorld starts a world whose three servers have these lines in servers.toml.
func saslWorld(t *testing.T, server string) (*lab.Running, *wire.Network) {
	t.Helper()
	return saslWorldOf(t, "good", server)
}

// saslWorldOf also says what is wrong with anna's certificate.
func saslWorldOf(t *testing.T, certificate, server string) (*lab.Running, *wire.Network) {
	t.Helper()
	text := "Servers with mechanisms\n-- zone --\n$ORIGIN sasl.example.\nmail A 192.0.2.10\n-- servers.toml --\n" +
		"[demo]\naddress = \"anna@example.org\"\nclient_certificate = { kind = \"" + certificate + "\" }\n" +
		"[[account]]\nuser = \"anna@example.org\"\npassword = 's3cret \"k\\y\" +/ü'\ntoken = \"" + token + "\"\nmessages = 7\n"
	for _, at := range []string{smtpLab, imapLab, pop3Lab} {
		text += "[[server]]\nendpoints = [\"" + at + "\"]\n" + server + "\n"
	}
	w, err := lab.Parse("sasl", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	n, err := wire.New(r.Network())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return r, n
}

const (
	smtpLab = "smtps://mail.sasl.example:465"
	imapLab = "imaps://mail.sasl.example:993"
	pop3Lab = "pop3s://mail.sasl.example:995"
)

// signInAt opens a session, signs in, and gives the outcome with all that was observed.
func signInAt(t *testing.T, n *wire.Network, at string, c Credentials) (Outcome, *seen) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got := &seen{}
	s := Open(ctx, n, endpoint(t, at), Options{Transcript: true}, got.emit)
	outcome := s.SignIn(ctx, c, false)
	s.Mailbox(ctx)
	s.Close(ctx)
	return outcome, got
}

// auths gives the tries that were observed, in order.
func (s *seen) auths() []mail.Observation {
	var tries []mail.Observation
	for _, id := range s.ids {
		if o := s.all[id]; o.Kind == mail.KindAuth {
			tries = append(tries, o)
		}
	}
	return tries
}

func TestMechanismsOverRealConnections(t *testing.T) {
	t.Parallel()
	right := Credentials{Username: anna, Secret: mail.NewSecret([]byte(secret))}
	wrong := Credentials{Username: anna, Secret: mail.NewSecret([]byte("something else"))}
	bearer := Credentials{Username: anna, Secret: mail.NewSecret([]byte(token)), Token: true}
	expired := Credentials{Username: anna, Secret: mail.NewSecret([]byte("ya29.expired")), Token: true}
	for _, test := range []struct {
		name, server string
		with         Credentials
		outcome      Outcome
		tried        []string // mechanism, class and server's proof of each try
	}{
		{"SCRAM with the channel of TLS 1.3", `mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "CRAM-MD5"]`, right, Accepted, []string{"scram-sha-256-plus  true"}},
		{"SCRAM with the channel of TLS 1.2", "tls_versions = [\"1.2\"]\n" + `mechanisms = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "PLAIN"]`, right, Accepted, []string{"scram-sha-1-plus  true"}},
		{"SCRAM-SHA-512 with the channel is the strongest for a password", `mechanisms = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS"]`, right, Accepted, []string{"scram-sha-512-plus  true"}},
		{"the channel that the server sees is another", "scram = \"other-binding\"\n" + `mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"]`, right, Intercepted, []string{"scram-sha-256-plus protocol null"}},
		{"a kind of channel binding that the server does not know", "scram = \"unknown-binding\"\n" + `mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"]`, right, Accepted, []string{"scram-sha-256-plus auth-unavailable null", "scram-sha-256  true"}},
		{"SCRAM-SHA-256", `mechanisms = ["PLAIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"]`, right, Accepted, []string{"scram-sha-256  true"}},
		{"SCRAM-SHA-1", `mechanisms = ["PLAIN", "CRAM-MD5", "SCRAM-SHA-1"]`, right, Accepted, []string{"scram-sha-1  true"}},
		{"CRAM-MD5", `mechanisms = ["LOGIN", "PLAIN", "CRAM-MD5"]`, right, Accepted, []string{"cram-md5  null"}},
		{"a wrong password ends it with SCRAM", `mechanisms = ["PLAIN", "SCRAM-SHA-256"]`, wrong, Rejected, []string{"scram-sha-256 auth-rejected null"}},
		{"a wrong password ends it with SCRAM and a channel", `mechanisms = ["PLAIN", "SCRAM-SHA-256-PLUS"]`, wrong, Rejected, []string{"scram-sha-256-plus auth-rejected null"}},
		{"a wrong password ends it with CRAM-MD5", `mechanisms = ["PLAIN", "CRAM-MD5"]`, wrong, Rejected, []string{"cram-md5 auth-rejected null"}},
		{"case 83: a wrong signature ends it", "scram = \"wrong-signature\"\n" + `mechanisms = ["PLAIN", "SCRAM-SHA-256"]`, right, Impostor, []string{"scram-sha-256 protocol false"}},
		{"case 83: somebody else's nonce ends it", "scram = \"wrong-nonce\"\n" + `mechanisms = ["PLAIN", "SCRAM-SHA-256"]`, right, Impostor, []string{"scram-sha-256 protocol false"}},
		{"case 83: one iteration is a fault of the mechanism", "scram = \"one-iteration\"\n" + `mechanisms = ["PLAIN", "SCRAM-SHA-256"]`, right, Accepted, []string{"scram-sha-256 auth-unavailable null", "plain  null"}},
		{"case 83: a thousand million iterations are not done", "scram = \"many-iterations\"\n" + `mechanisms = ["PLAIN", "SCRAM-SHA-256"]`, right, Accepted, []string{"scram-sha-256 auth-unavailable null", "plain  null"}},
		{"OAUTHBEARER", `mechanisms = ["PLAIN", "XOAUTH2", "OAUTHBEARER"]`, bearer, Accepted, []string{"oauthbearer  null"}},
		{"XOAUTH2", `mechanisms = ["PLAIN", "XOAUTH2"]`, bearer, Accepted, []string{"xoauth2  null"}},
		{"case 82: an expired token with OAUTHBEARER", `mechanisms = ["OAUTHBEARER", "XOAUTH2"]`, expired, Rejected, []string{"oauthbearer auth-rejected null"}},
		{"case 82: an expired token with XOAUTH2", `mechanisms = ["XOAUTH2"]`, expired, Rejected, []string{"xoauth2 auth-rejected null"}},
		{"a token is never sent as a password", `mechanisms = ["PLAIN", "LOGIN", "SCRAM-SHA-256"]`, bearer, Unavailable, []string{"none auth-unavailable null"}},
		{"a password is never sent as a token", `mechanisms = ["XOAUTH2", "OAUTHBEARER"]`, right, Unavailable, []string{"none auth-unavailable null"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, n := saslWorld(t, test.server)
			for _, at := range []string{smtpLab, imapLab, pop3Lab} {
				outcome, got := signInAt(t, n, at, test.with)
				if outcome != test.outcome {
					t.Errorf("%s: outcome %s, want %s", at, outcome, test.outcome)
				}
				var tried []string
				for _, o := range got.auths() {
					proof, _ := json.Marshal(o.ServerProof)
					tried = append(tried, fmt.Sprintf("%s %s %s", o.Mechanism, class(o), proof))
				}
				if diff := cmp.Diff(test.tried, tried); diff != "" {
					t.Errorf("%s: %s", at, diff)
				}
				if strings.Contains(test.name, "82") && !strings.Contains(got.auths()[0].Challenge, `"status":"401"`) {
					t.Errorf("%s: challenge %q", at, got.auths()[0].Challenge)
				}
				assertHidden(t, got, test.with)
			}
			for _, l := range r.Journal().Logins {
				if !l.Encrypted {
					t.Errorf("a sign-in in the clear: %+v", l)
				}
			}
		})
	}
}

// assertHidden fails where a secret, or what was made of it, can be read in what was observed.
func assertHidden(t *testing.T, got *seen, c Credentials) {
	t.Helper()
	text, err := json.Marshal(got.all)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{c.Secret.Reveal(), encode(c.Secret.Reveal()), "p=", "C: " + encode(anna)[:8]} {
		if strings.Contains(string(text), form) {
			t.Errorf("%q is to be seen in %s", form, text)
		}
	}
}

// RFC 4954 section 4, RFC 7162 section 4 and RFC 5034 section 4: what does not
// fit into the command waits for the prompt.
func TestALongTokenWaitsForThePrompt(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]map[string]bool{ // whether it goes with the command
		200:  {smtpLab: true, imapLab: true, pop3Lab: false},
		2000: {smtpLab: false, imapLab: true, pop3Lab: false},
		7000: {smtpLab: false, imapLab: false, pop3Lab: false},
	} {
		for at, inline := range want {
			r, n := saslWorld(t, `mechanisms = ["XOAUTH2"]`)
			long := Credentials{Username: anna, Secret: mail.NewSecret([]byte(strings.Repeat("x", size))), Token: true}
			if outcome, _ := signInAt(t, n, at, long); outcome != Rejected {
				t.Errorf("%s, %d bytes: outcome %s", at, size, outcome)
			}
			alone := slices.ContainsFunc(commandsAt(r, endpoint(t, at)), func(line string) bool { return strings.HasSuffix(strings.ToUpper(line), " XOAUTH2") })
			if alone == inline {
				t.Errorf("%s, %d bytes: the command stands alone is %v", at, size, alone)
			}
		}
	}
}

func TestAPOPWhereNothingElseIsOffered(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]Outcome{secret: Accepted, "something else": Rejected} {
		r, n := saslWorld(t, "mechanisms = []\napop = true")
		outcome, got := signInAt(t, n, pop3Lab, Credentials{Username: anna, Secret: mail.NewSecret([]byte(password))})
		if outcome != want || got.auths()[0].Mechanism != "apop" {
			t.Errorf("outcome %s, want %s: %+v", outcome, want, got.auths()[0].AuthFacts)
		}
		if logins := r.Journal().Logins; len(logins) != 1 || logins[0].Password != "" {
			t.Errorf("logins %+v", logins)
		}
	}
}

// What the server could have been told before, by a client that saw every offer.
func TestStrongestMechanismComesFirst(t *testing.T) {
	t.Parallel()
	offered := []string{
		"xoauth2", "login", "gssapi", "user", "plain", "apop", "scram-sha-1", "cram-md5",
		"oauthbearer", "scram-sha-256", "scram-sha-1-plus", "scram-sha-256-plus", "external",
	}
	s := &Session{methods: methodsOf(mail.POP3, offered)}
	want := []string{"scram-sha-256-plus", "scram-sha-1-plus", "scram-sha-256", "scram-sha-1", "cram-md5", "plain", "login", "user", "apop"}
	if got := s.Ways(withPassword()); !slices.Equal(got, want) {
		t.Errorf("with a password %q", got)
	}
	if got := s.Ways(Credentials{Secret: mail.NewSecret([]byte("x")), Token: true}); !slices.Equal(got, []string{"oauthbearer", "xoauth2"}) {
		t.Errorf("with a token %q", got)
	}
}

func TestServerThatEchoesTheProof(t *testing.T) {
	t.Parallel()
	const stamp = "<1896.697170952@example.org>"
	m := &cramMD5{credentials: Credentials{Username: anna, Secret: mail.NewSecret([]byte(secret))}}
	if _, ok := m.answer(encode(stamp)); !ok {
		t.Fatal("no answer")
	}
	w := newWorld(t, "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 "+encode(stamp)+
		"\nC: "+encode(anna+" "+m.digest)+"\nS: 535 5.7.8 "+m.digest+" and "+encode(anna+" "+m.digest)+" are wrong")
	s, got, outcome := w.signIn(smtpTLS, Options{Transcript: true}, false)
	s.Close(t.Context())
	if outcome != Rejected {
		t.Errorf("outcome %s", outcome)
	}
	text, _ := json.Marshal(got.all)
	if strings.Contains(string(text), m.digest) || strings.Contains(string(text), encode(anna + " " + m.digest)[24:]) {
		t.Errorf("the proof is to be seen in %s", text)
	}
	if !strings.Contains(string(text), "[redacted] and [redacted]== are wrong") {
		t.Errorf("nothing was redacted in %s", text)
	}
}

// RFC 2195 section 2 has an example.
func TestDigestsOfTheStandards(t *testing.T) {
	t.Parallel()
	m := &cramMD5{credentials: Credentials{Username: "tim", Secret: mail.NewSecret([]byte("tanstaaftanstaaf"))}}
	answer, _ := m.answer(encode("<1896.697170952@postoffice.reston.mci.net>"))
	if want := encode("tim b913a602c7eda7a495b4e6e7334d3890"); answer != want {
		t.Errorf("CRAM-MD5 %s, want %s", answer, want)
	}
	c := Credentials{Username: "mrose", Secret: mail.NewSecret([]byte("tanstaaf"))}
	if got := apopDigest("<1896.697170952@dbc.mtview.ca.us>", c); got != "c4c9334bac560ecc979e58001b3e22fb" { // RFC 1939 section 7
		t.Errorf("APOP %s", got)
	}
}

// What is made of the secret holds the user name, which is no secret.
func TestTheUserNameStaysWhereTheProofIsRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 "+encode("<1.2@example.org>")+"\nC: \nS: 535 5.7.8 anna@example.org is not known here")
	_, got, outcome := w.signIn(smtpTLS, Options{}, false)
	if o := got.auths()[0]; outcome != Rejected || o.Reply != "535 5.7.8 anna@example.org is not known here" {
		t.Errorf("outcome %s, reply %q", outcome, o.Reply)
	}
}
