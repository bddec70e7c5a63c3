package lab_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/smtp"
	"net/textproto"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// TestWorldsDoWhatTheySay signs in at servers of the worlds with the clients
// of others, and with the account of the demo.
func TestWorldsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	for world, outcomes := range map[string]map[string]string{
		"good": {
			"imaps://imap.good.example": "signed in", "imap+starttls://imap.good.example": "signed in",
			"pop3s://pop.good.example": "signed in", "pop3+starttls://pop.good.example": "signed in",
			"smtps://smtp.good.example": "signed in", "smtp+starttls://smtp.good.example:587": "signed in",
		},
		"srv-only":   {"imaps://letterbox.srv-only.example": "signed in", "smtps://post.srv-only.example": "signed in"},
		"guess-only": {"imaps://imap.guess-only.example": "signed in", "smtps://smtp.guess-only.example": "signed in"},
		"mx-hosted":  {"imaps://imap.hoster.example": "signed in", "smtps://smtp.hoster.example": "signed in"},
		"unknown-hoster": {
			"imaps://imap.hoster.example": "signed in", "smtps://smtp.hoster.example": "signed in",
		},
		"expired-certificate": {
			"imaps://imap.expired-certificate.example":              "signed in",
			"smtps://smtp.expired-certificate.example":              "expired",
			"smtp+starttls://smtp.expired-certificate.example:587":  "expired",
			"pop3s://smtp.expired-certificate.example":              "refused",
			"smtp+starttls://nowhere.expired-certificate.example:1": "no address",
		},
		"wrong-name":       {"imaps://mail.shop.example": "wrong name", "smtps://mail.shop.example": "wrong name"},
		"self-signed":      {"imaps://mail.self-signed.example": "unknown authority", "smtp+starttls://mail.self-signed.example:587": "unknown authority"},
		"incomplete-chain": {"imaps://imap.incomplete-chain.example": "unknown authority", "smtps://smtp.incomplete-chain.example": "signed in"},
		"starttls-only": {
			"imap+starttls://mail.starttls-only.example": "signed in", "smtp+starttls://mail.starttls-only.example:587": "signed in",
			"imaps://mail.starttls-only.example": "refused", "smtps://mail.starttls-only.example": "refused",
		},
		"no-tls": {
			"pop3+starttls://mail.no-tls.example": "-ERR Unknown command.", "pop3://mail.no-tls.example": "signed in",
			"smtp+starttls://mail.no-tls.example:587": "502 5.5.1", "imap://mail.no-tls.example": "signed in",
		},
		"wrong-password": {
			"imaps://imap.wrong-password.example": "[AUTHENTICATIONFAILED]", "smtps://smtp.wrong-password.example": "535 5.7.8",
		},
		"imap-down": {
			"imaps://mail.imap-down.example": "refused", "pop3s://mail.imap-down.example": "signed in", "smtps://mail.imap-down.example": "signed in",
		},
		"smtp-blocked": {
			"imaps://imap.smtp-blocked.example": "signed in", "smtps://smtp.smtp-blocked.example": "timeout",
			"smtp+starttls://smtp.smtp-blocked.example:587": "timeout", "smtp+starttls://mx.smtp-blocked.example:25": "timeout",
		},
		"slow-greeting": {"imaps://imap.slow-greeting.example": "signed in", "smtp+starttls://smtp.slow-greeting.example:587": "signed in"},
		"app-password-provider": {
			"imaps://imap.gmail.com": "Application-specific password required", "pop3s://pop.gmail.com": "Application-specific password required",
			"smtps://smtp.gmail.com": "534 5.7.9", "smtp+starttls://smtp.gmail.com:587": "InvalidSecondFactor",
		},
		"wrong-mode": {
			"imaps://imap.wrong-mode.example": "not a TLS handshake", "imap+starttls://imap.wrong-mode.example:993": "signed in",
		},
		"smtp-auth-disabled": {
			"imaps://imap.smtp-auth-disabled.example":             "signed in",
			"smtp+starttls://smtp.smtp-auth-disabled.example:587": "535 5.7.139",
		},
		"account-locked": {
			"imaps://imap.account-locked.example": "Account is locked", "smtps://smtp.account-locked.example": "454 4.7.0",
		},
		"user-name":   {"imaps://mail.user-name.example": "[AUTHENTICATIONFAILED]", "imaps://tina@mail.user-name.example": "signed in"},
		"oauth-only":  {"imaps://imap.oauth-only.example": "[PRIVACYREQUIRED]", "smtps://smtp.oauth-only.example": "504 5.5.4"},
		"old-tls":     {"imaps://mail.old-tls.example": "protocol version", "smtp+starttls://mail.old-tls.example:587": "protocol version"},
		"turned-away": {"imaps://imap.turned-away.example": "signed in", "smtps://smtp.turned-away.example": "421 4.7.0"},
		// net/smtp throws the words away that were put in, as careless programs do.
		"tampered":     {"imaps://imap.tampered.example": "signed in", "smtp+starttls://smtp.tampered.example:587": "signed in"},
		"expires-soon": {"imaps://imap.expires-soon.example": "signed in", "smtps://smtp.expires-soon.example": "signed in"},
		"stale-autoconfig": {
			"imaps://imap.stale-autoconfig.example": "signed in", "imaps://old-server.stale-autoconfig.example": "no address",
		},
		"dead-ipv6": {"imaps://mail.dead-ipv6.example": "signed in", "imaps://[2001:db8::10]": "timeout"},
	} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			r := run(t, world, lab.Options{After: func(time.Duration) <-chan time.Time { return time.After(0) }})
			for at, want := range outcomes {
				if got := outcome(t, r, at); !strings.Contains(got, want) {
					t.Errorf("%s: %s, want %s", at, got, want)
				}
			}
		})
	}
}

// outcome signs in at an endpoint, written with user@ where the user is not
// the demo's, and says in words what came of it.
func outcome(t *testing.T, r *lab.Running, at string) string {
	t.Helper()
	demo := r.World().Demo
	user := demo.Address
	if before, after, ok := strings.Cut(at, "@"); ok {
		scheme, name, _ := strings.Cut(before, "://")
		user, at = name, scheme+"://"+after
	}
	e, err := mail.ParseEndpoint(at)
	if err != nil {
		t.Fatal(err)
	}
	addr, err := netip.ParseAddr(e.Host)
	if err != nil {
		reply := ask(t, r, "udp4", dns.Fqdn(e.Host), "A")
		if len(reply.Answer) == 0 {
			return "no address"
		}
		addr, _ = netip.AddrFromSlice(reply.Answer[0].(*dns.A).A)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if r.World().Name == "smtp-blocked" && e.Protocol == mail.SMTP {
		ctx, cancel = context.WithDeadline(ctx, expired)
		defer cancel()
	}
	conn, err := r.Dial(ctx, "tcp", netip.AddrPortFrom(addr, e.Port))
	if err == nil {
		defer conn.Close()
		config := clientTLS(r, e.Host)
		if e.Security == mail.TLS {
			conn = tls.Client(conn, config)
			err = conn.(*tls.Conn).HandshakeContext(t.Context())
		}
		if err == nil {
			err = signIn(e, conn, config, user, demo.Password)
		}
	}
	return inWords(err)
}

func signIn(e mail.Endpoint, conn net.Conn, config *tls.Config, user, password string) error {
	switch e.Protocol {
	case mail.IMAP:
		return signInIMAP(e, conn, config, user, password)
	case mail.POP3:
		return signInPOP3(e, conn, config, user, password)
	default:
		return signInSMTP(e, conn, config, user, password)
	}
}

func signInIMAP(e mail.Endpoint, conn net.Conn, config *tls.Config, user, password string) error {
	var c *imapclient.Client
	if e.Security == mail.StartTLS {
		var err error
		if c, err = imapclient.NewStartTLS(conn, &imapclient.Options{TLSConfig: config}); err != nil {
			return err
		}
	} else {
		c = imapclient.New(conn, nil)
	}
	defer c.Close()
	if err := c.WaitGreeting(); err != nil {
		return err
	}
	return c.Login(user, password).Wait()
}

func signInPOP3(e mail.Endpoint, conn net.Conn, config *tls.Config, user, password string) error {
	c := textproto.NewConn(conn)
	exchange := func(command string) error {
		if command != "" {
			if err := c.PrintfLine("%s", command); err != nil {
				return err
			}
		}
		line, err := c.ReadLine()
		if err == nil && !strings.HasPrefix(line, "+OK") {
			err = errors.New(line)
		}
		return err
	}
	if err := exchange(""); err != nil {
		return err
	}
	if e.Security == mail.StartTLS {
		if err := exchange("STLS"); err != nil {
			return err
		}
		c = textproto.NewConn(tls.Client(conn, config))
	}
	if err := exchange("USER " + user); err != nil {
		return err
	}
	return exchange("PASS " + password)
}

// signInSMTP uses the standard library's client, with PLAIN or, where that is
// not offered, LOGIN.
func signInSMTP(e mail.Endpoint, conn net.Conn, config *tls.Config, user, password string) error {
	c, err := smtp.NewClient(conn, e.Host)
	if err != nil {
		return err
	}
	if e.Security == mail.StartTLS {
		if err := c.StartTLS(config); err != nil {
			return err
		}
	}
	if offered, _ := c.Extension("AUTH"); !offered {
		return errors.New("no AUTH is offered")
	}
	return c.Auth(loginOrPlain{user, password})
}

type loginOrPlain struct{ user, password string }

func (a loginOrPlain) Start(server *smtp.ServerInfo) (string, []byte, error) {
	for _, mechanism := range server.Auth {
		if mechanism == "PLAIN" {
			return "PLAIN", fmt.Appendf(nil, "\x00%s\x00%s", a.user, a.password), nil
		}
	}
	return "LOGIN", nil, nil
}

func (a loginOrPlain) Next(challenge []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case string(challenge) == "Username:":
		return []byte(a.user), nil
	default:
		return []byte(a.password), nil
	}
}

func inWords(err error) string {
	var timeout net.Error
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var reply *textproto.Error
	switch {
	case err == nil:
		return "signed in"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "expired"
	case errors.As(err, new(x509.HostnameError)):
		return "wrong name"
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return "unknown authority"
	case errors.As(err, &record):
		return "not a TLS handshake"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &reply):
		return fmt.Sprint(reply.Code, " ", reply.Msg)
	}
	return err.Error()
}
