//go:build integration

package integration

import (
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// The other tests say something about mailmedic only while these hold: the
// servers do what they are taken for, in the eyes of other tools.

func TestOtherToolsSignInToTheGoodServers(t *testing.T) {
	t.Parallel()
	for _, port := range []string{"465", "587"} {
		t.Run("swaks on "+port, func(t *testing.T) {
			t.Parallel()
			out := swaks(t, the.hosts["good"].Address, port, "anna@good.test", password, append(verified(), "--quit-after", "AUTH")...)
			if !strings.Contains(out, "235 2.7.0 Authentication successful") {
				t.Errorf("swaks was not signed in:\n%s", out)
			}
		})
	}
	for _, s := range []setting{
		{Protocol: "imap", Host: "imap.good.test", Port: 993, Security: "tls"},
		{Protocol: "imap", Host: "imap.good.test", Port: 143, Security: "starttls"},
	} {
		t.Run(s.Protocol+" with "+s.Security, func(t *testing.T) {
			t.Parallel()
			c := dialIMAP(t, the.hosts["good"].Address, s)
			c.command(t, `LOGIN "bert@good.test" {%d+}`+"\r\n%s", len(hardPassword), hardPassword)
			c.command(t, "LOGOUT")
		})
	}
}

func TestSwaksIsNotSignedInWithAWrongPassword(t *testing.T) {
	t.Parallel()
	out := swaks(t, the.hosts["starttls"].Address, "587", "nobody@starttls.test", "wrong", "--quit-after", "AUTH")
	if !strings.Contains(out, "535 5.7.8") {
		t.Errorf("the server did not say 535:\n%s", out)
	}
}

func TestTheExpiredServersFailVerificationInOpenSSL(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-connect", "127.0.10.2:993"},
		{"-connect", "127.0.10.2:465"},
		{"-connect", "127.0.10.2:587", "-starttls", "smtp"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			args := append([]string{"s_client", "-CAfile", the.caFile, "-verify_return_error"}, args...)
			out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), "certificate has expired") {
				t.Errorf("openssl ended with %v:\n%s", err, out)
			}
		})
	}
}

func TestNothingListensForImplicitTLSOnTheSTARTTLSHost(t *testing.T) {
	t.Parallel()
	for _, address := range the.hosts["starttls"].addresses(993, 995, 465) {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			t.Errorf("%s accepts connections", address)
		}
	}
}

func TestTheNameServerKnowsItsZonesOnly(t *testing.T) {
	t.Parallel()
	addresses, err := testResolver().LookupHost(t.Context(), "imap.good.test.")
	if err != nil || !slices.Equal(addresses, []string{"127.0.10.1"}) {
		t.Errorf("imap.good.test: %v, %v", addresses, err)
	}
	out, err := exec.CommandContext(t.Context(), "dig", "+norecurse", "@"+dnsAddress, "absent.test", "MX", "elsewhere.example", "MX").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []string{"status: NXDOMAIN", "status: REFUSED"} {
		if !strings.Contains(string(out), status) {
			t.Errorf("dig does not see %s:\n%s", status, out)
		}
	}
}
