package probe

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

func TestTheStampsOfServersAreRead(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 22, 12, 0, 0, 500_000_000, time.UTC)
	at := func(second int) time.Time { return time.Date(2026, 11, 22, 12, 0, second, 0, time.UTC) }
	for name, test := range map[string]struct {
		header string
		want   []mail.Hop
	}{
		"Postfix and Dovecot": {
			"Received: from mx.example.org\r\n\tby box with LMTP\r\n\tid x (envelope-from <a@b>)\r\n\tfor <a@b>; Sun, 22 Nov 2026 12:00:03 +0000\r\n" +
				"Received: from [198.51.100.1] (unknown [198.51.100.1])\r\n\t(using TLSv1.3 with cipher X (256/256 bits))\r\n\tby mx.example.org (Postfix) with ESMTPSA id 4D;\r\n\tSun, 22 Nov 2026 13:00:01 +0100 (CET)\r\nSubject: x\r\n",
			[]mail.Hop{
				{From: "[198.51.100.1]", By: "mx.example.org", With: "ESMTPSA", At: at(1), DelayMS: 1000},
				{From: "mx.example.org", By: "box", With: "LMTP", At: at(3), DelayMS: 2000},
			},
		},
		"clocks that differ": {
			"Received: by b; 22 Nov 2026 11:59:00 GMT\nReceived: by a; Sun, 22 Nov 2026 12:00:00 +0000\n",
			[]mail.Hop{{By: "a", At: at(0)}, {By: "b", At: at(-60), DelayMS: -60_000}},
		},
		"no time and no names": {
			"Received: (qmail 123 invoked by uid 89)\nReceived: by a with x; yesterday\n",
			[]mail.Hop{{By: "a", With: "x"}, {}},
		},
		"comments that nest, and quoted strings": {
			"Received: from a (by (c; d) with e) by \"x;\\\"y\" with ESMTP; 22 Nov 2026 12:00:00 +0000\n",
			[]mail.Hop{{From: "a", By: `"x;"y"`, With: "ESMTP", At: at(0)}},
		},
		"a body with stamps": {"Subject: x\n\nReceived: by a; 22 Nov 2026 12:00:00 +0000\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, hopsOf(headerFields(test.header), began)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAuthenticationIsThatOfTheReceivingSide(t *testing.T) {
	t.Parallel()
	result := func(method, result, domain string) mail.AuthResult {
		return mail.AuthResult{Method: method, Result: result, Domain: domain}
	}
	for name, test := range map[string]struct {
		header string
		want   *mail.Authentication
	}{
		"three methods": {
			"Authentication-Results: MX.example.org 1; spf=pass (sender; is fine) smtp.mailfrom=anna@example.org;\n dkim=fail reason=\"bad; sig\" header.d=Example.org; dmarc=none\n",
			&mail.Authentication{Server: "mx.example.org", Results: []mail.AuthResult{result("spf", "pass", "example.org"), result("dkim", "fail", "example.org"), result("dmarc", "none", "")}},
		},
		"two fields of one server, and those of others below": {
			"Authentication-Results: mx; spf=pass\nAuthentication-Results: mx; dkim=pass\nAuthentication-Results: evil; dmarc=pass\nAuthentication-Results: mx; arc=pass\n",
			&mail.Authentication{Server: "mx", Results: []mail.AuthResult{result("spf", "pass", ""), result("dkim", "pass", "")}},
		},
		"a server that leaves out its name": {
			"Authentication-Results: spf=softfail smtp.mailfrom=example.org; dkim=none (message not signed)\n",
			&mail.Authentication{Results: []mail.AuthResult{result("spf", "softfail", "example.org"), result("dkim", "none", "")}},
		},
		"nothing was looked at":   {"Authentication-Results: mx; none\n", &mail.Authentication{Server: "mx", Results: []mail.AuthResult{}}},
		"words that are no words": {"Authentication-Results: mx; spf=\x1b[31mpass; dkim=PASS; =; x=\n", &mail.Authentication{Server: "mx", Results: []mail.AuthResult{result("dkim", "pass", "")}}},
		"nobody says anything":    {"Subject: x\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := authenticationOf(headerFields(test.header))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAMessageIsKnownByItsMarkerOrItsMessageID(t *testing.T) {
	t.Parallel()
	m := theMessage(anna)
	for header, want := range map[string]bool{
		"Mailmedic-Test: " + m.token: true, "MESSAGE-ID:" + m.id(): true, "Message-ID:\r\n " + m.id(): true,
		"Subject: " + m.token: false, "Mailmedic-Test: " + m.token + "X": false, "In-Reply-To: " + m.id(): false, "X: y\r\n\r\nMailmedic-Test: " + m.token: false,
	} {
		if got := m.carries(headerFields(header)); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

// FuzzHeader holds what is read of a hostile header to its bounds.
func FuzzHeader(f *testing.F) {
	f.Add("Received: from a by b with c; Sun, 22 Nov 2026 12:00:00 +0000\r\n")
	f.Add("Authentication-Results: mx; spf=pass (((; dkim=\"\\\r\n x; ;=;a/1=b header.i=@c\r\n")
	f.Fuzz(func(t *testing.T, header string) {
		fields := headerFields(header)
		hops := hopsOf(fields, time.Unix(0, 0))
		if len(fields) > maxFields || len(hops) > maxHops {
			t.Errorf("%d fields, %d hops", len(fields), len(hops))
		}
		for _, h := range hops {
			if len(h.From)+len(h.By)+len(h.With) > 3*(maxHopWords+len("…")) {
				t.Errorf("a long hop: %+v", h)
			}
		}
		if a := authenticationOf(fields); a != nil {
			for _, r := range a.Results {
				if !registered(r.Method) || !registered(r.Result) || strings.ContainsAny(r.Domain, " \r\n") {
					t.Errorf("a result that is none: %+v", r)
				}
			}
		}
	})
}
