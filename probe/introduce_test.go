package probe

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

func TestAServerIsAskedForItsNameOnlyWhereItTells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		when, script string
		software, id string
		usable       bool
	}{
		{
			"it tells name and version", `
			TLS
			S: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN] ready
			C: m1 ID ("name" "mailmedic")
			S: * ID ("name" "Cyrus IMAP" "version" "3.8.1" "os" NIL)
			S: m1 OK done`,
			"Cyrus", "Cyrus IMAP 3.8.1", true,
		},
		{
			"it tells nothing of itself", `
			TLS
			S: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN] Dovecot ready.
			C: m1 ID
			S: * ID NIL
			S: m1 OK done`,
			"Dovecot", "", true,
		},
		{
			"it does not know the command", `
			TLS
			S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
			C: m1 LOGOUT
			S: * BYE
			S: m1 OK done`,
			"", "", true,
		},
		{
			"it hangs up at the question", `
			TLS
			S: * OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN] ready
			C: m1 ID
			CLOSE`,
			"", "", false,
		},
	} {
		t.Run(tt.when, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.script)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			got := &seen{}
			at := "imaps://" + host + ":993"
			s := Open(ctx, w.network(), endpoint(t, at), Options{}, got.emit)
			s.Introduce(ctx)
			if s.Usable() != tt.usable {
				t.Errorf("usable is not %v", tt.usable)
			}
			s.Close(ctx)
			o := got.session(t, at)
			if o.Failure != nil || o.Software != tt.software || o.SoftwareID != tt.id || !slices.Contains(o.Mechanisms.AfterTLS, "plain") {
				t.Errorf("failure %+v, facts %+v", o.Failure, o.SessionFacts)
			}
		})
	}
}

func TestPOP3TellsItsNameAmongItsCapabilities(t *testing.T) {
	t.Parallel()
	at := "pop3s://" + host + ":995"
	w := newWorld(t, `
		TLS
		S: +OK ready
		C: CAPA
		S: +OK
		S: USER
		S: IMPLEMENTATION Shlemazle-Plotz-v302
		S: .`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got := &seen{}
	s := Open(ctx, w.network(), endpoint(t, at), Options{}, got.emit)
	s.Introduce(ctx)
	s.Close(ctx)
	if o := got.session(t, at); o.SoftwareID != "Shlemazle-Plotz-v302" || o.Software != "" {
		t.Errorf("%+v", o.SessionFacts)
	}
}

func TestTheMailDomainIsAmongTheNamesThatProveAServer(t *testing.T) {
	t.Parallel()
	at := "imaps://" + host + ":993"
	w := newWorld(t, `
		TLS
		S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got := &seen{}
	Open(ctx, w.network(), endpoint(t, at), Options{Domain: "example.org"}, got.emit).Close(ctx)
	o := got.get(t, "tls:"+at+"#"+host)
	want := []mail.Identity{
		{Kind: mail.IdentityHost, Name: host, MatchedBy: host},
		{Kind: mail.IdentityMailDomain, Name: "example.org"},
		{Kind: mail.IdentitySRVName, Name: "_imaps.example.org"},
	}
	if !slices.Equal(o.Identities, want) {
		t.Errorf("%+v", o.Identities)
	}
}
