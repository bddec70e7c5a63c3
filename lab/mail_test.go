package lab_test

import (
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/mailmedic/mailmedic/lab"
)

const (
	anna         = "anna@good.example"
	annaPassword = "correct horse battery staple"
)

func TestIMAPClientSignsInAndCountsTheInbox(t *testing.T) {
	t.Parallel()
	r := run(t, "good", lab.Options{})
	signIns := map[string]func(*imapclient.Client) error{
		"LOGIN": func(c *imapclient.Client) error { return c.Login(anna, annaPassword).Wait() },
		"PLAIN": func(c *imapclient.Client) error { return c.Authenticate(sasl.NewPlainClient("", anna, annaPassword)) },
	}
	connect := map[string]func(t *testing.T) *imapclient.Client{
		"implicit TLS": func(t *testing.T) *imapclient.Client {
			return imapclient.New(dialTLS(t, r, "192.0.2.10:993", "imap.good.example"), nil)
		},
		"STARTTLS": func(t *testing.T) *imapclient.Client {
			c, err := imapclient.NewStartTLS(dial(t, r, "192.0.2.10:143"),
				&imapclient.Options{TLSConfig: clientTLS(r, "imap.good.example")})
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
	}
	for how, connect := range connect {
		for mechanism, signIn := range signIns {
			t.Run(how+" and "+mechanism, func(t *testing.T) {
				c := connect(t)
				defer c.Close()
				if err := signIn(c); err != nil {
					t.Fatalf("sign in: %v", err)
				}
				inbox, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
				if err != nil || inbox.NumMessages != 1204 {
					t.Errorf("inbox = %+v, %v; want 1204 messages", inbox, err)
				}
				quota, err := c.GetQuotaRoot("INBOX").Wait()
				if err != nil || len(quota) != 1 || quota[0].Resources[imap.QuotaResourceStorage].Limit != 10485760 {
					t.Errorf("quota = %+v, %v; want a limit of 10485760 KiB", quota, err)
				}
				if err := c.Logout().Wait(); err != nil {
					t.Errorf("logout: %v", err)
				}
			})
		}
	}
}

func TestSMTPClientSendsAfterSigningIn(t *testing.T) {
	t.Parallel()
	r := run(t, "good", lab.Options{})
	connect := map[string]func(t *testing.T) *smtp.Client{
		"implicit TLS": func(t *testing.T) *smtp.Client {
			return smtp.NewClient(dialTLS(t, r, "192.0.2.12:465", "smtp.good.example"))
		},
		"STARTTLS": func(t *testing.T) *smtp.Client {
			c, err := smtp.NewClientStartTLS(dial(t, r, "192.0.2.12:587"), clientTLS(r, "smtp.good.example"))
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
	}
	for how, connect := range connect {
		t.Run(how, func(t *testing.T) {
			c := connect(t)
			defer c.Close()
			if err := c.Mail(anna, nil); err == nil {
				t.Error("MAIL without sign-in was taken")
			}
			if err := c.Auth(sasl.NewPlainClient("", anna, annaPassword)); err != nil {
				t.Fatalf("sign in: %v", err)
			}
			if err := c.Mail(anna, nil); err != nil {
				t.Fatal(err)
			}
			if err := c.Rcpt("ben@elsewhere.example", nil); err != nil {
				t.Fatal(err)
			}
			w, err := c.Data()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte("Subject: hello\r\n\r\n.dotted\r\n")); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := c.Quit(); err != nil {
				t.Errorf("quit: %v", err)
			}
		})
	}
	for _, m := range r.Journal().Messages {
		if m.From != anna || m.To[0] != "ben@elsewhere.example" || string(m.Data) != "Subject: hello\n\n.dotted\n" {
			t.Errorf("message arrived as %+v with data %q", m, m.Data)
		}
	}
	if n := len(r.Journal().Messages); n != 2 {
		t.Errorf("%d messages arrived, want 2", n)
	}
}
