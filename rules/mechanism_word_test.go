package rules

import (
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestTheWayThatWorksIsNamedAsInMailPrograms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule, wrong, right string
		class              mail.Class
		want               string
	}{
		{"auth.mechanism-broken", "scram-sha-256", "plain", mail.AuthUnavailable, `choose "normal password", over SSL/TLS or STARTTLS.`},
		{"auth.mechanism-broken", "login", "scram-sha-256", mail.AuthUnavailable, `choose "encrypted password", over SSL/TLS or STARTTLS.`},
		{"auth.mechanism-broken", "scram-sha-256", "cram-md5", mail.AuthUnavailable, `choose "encrypted password" and, where it asks further, CRAM-MD5, over SSL/TLS or STARTTLS.`},
		{"auth.mechanism-broken", "oauthbearer", "xoauth2", mail.AuthUnavailable, `choose "OAuth2" and, where it asks further, XOAUTH2, over`},
		{"auth.mechanism-useless", "cram-md5", "login", mail.AuthRejected, `choose "normal password", over SSL/TLS or STARTTLS.`},
		{"auth.mechanism-useless", "cram-md5", "scram-sha-1", mail.AuthRejected, `choose "encrypted password" and, where it asks further, SCRAM-SHA-1, over`},
	} {
		const user = "anna@example.org"
		j := good().auth(imaps, tt.wrong, user, tt.class, "NO not this one").auth(imaps, tt.right, user, "", "").judge()
		if got, found := j.finding(tt.rule); !found || !strings.Contains(got.Fix, "In the mail program "+tt.want) {
			t.Errorf("%s, %s for %s: %q", tt.rule, tt.right, tt.wrong, got.Fix)
		}
	}
}
