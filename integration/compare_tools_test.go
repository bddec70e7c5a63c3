//go:build integration

package integration

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func byMailmedic(t *testing.T, c compared) account {
	t.Helper()
	r := probed(t, "", "", c.endpoint)
	a := account{tool: "mailmedic"}
	shakes := r.observed("tls", c.endpoint)
	if len(shakes) != 1 || len(shakes[0].Certificates) == 0 {
		t.Fatalf("the handshakes are %+v", shakes)
	}
	o := shakes[0]
	a.version, a.suite = o.Version, o.Cipher
	a.names, a.notAfter = sorted(o.Certificates[0].Names), o.Certificates[0].NotAfter
	a.verdict = "ok"
	if o.Failure != nil {
		a.verdict = strings.TrimPrefix(o.Failure.Class, "cert-")
	}
	for _, s := range r.observed("session", c.endpoint) {
		a.mechanisms = sorted(s.Mechanisms.AfterTLS)
	}
	return a
}

func byOpenSSL(t *testing.T, c compared) account {
	t.Helper()
	args := []string{"openssl", "s_client", "-connect", c.via, "-servername", c.host, "-verify_hostname", c.host, "-CAfile", the.caFile}
	if c.protocol != "" {
		args = append(args, "-starttls", c.protocol)
	}
	out := output(t, "", args...)
	a := account{tool: "openssl"}
	if agreed := regexp.MustCompile(`New, (TLSv[0-9.]+), Cipher is (\S+)`).FindStringSubmatch(out); agreed != nil {
		a.suite = ianaName(t, agreed[2])
	}
	if version := regexp.MustCompile(`(?m)^\s*(?:New, |Protocol\s*: )(TLSv1\.[23])`).FindStringSubmatch(out); version != nil {
		a.version = strings.Replace(version[1], "v", " ", 1)
	}
	a.verdict = map[string]string{"0 (ok)": "ok", "10 (certificate has expired)": "expired"}[lastMatch(`Verify return code: (.*)`, out)]
	block, _ := pem.Decode([]byte(out[max(0, strings.Index(out, "-----BEGIN")):]))
	if block == nil || a.verdict == "" {
		t.Fatalf("openssl says\n%s", out)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	a.names, a.notAfter = sorted(cert.DNSNames), cert.NotAfter
	return a
}

// byHand says the commands of IMAP or POP3 through openssl.
func byHand(t *testing.T, c compared) account {
	t.Helper()
	args := []string{"openssl", "s_client", "-quiet", "-connect", c.via, "-servername", c.host}
	if c.protocol != "" {
		args = append(args, "-starttls", c.protocol)
	}
	commands, pattern := "a CAPABILITY\r\nb LOGOUT\r\n", `(?m)^\* CAPABILITY (.*)\r$`
	if strings.HasPrefix(c.endpoint, "pop3") {
		commands, pattern = "CAPA\r\nQUIT\r\n", `(?m)^SASL (.*)\r$`
	}
	out := output(t, commands, args...)
	offered := strings.Fields(strings.ToLower(lastMatch(pattern, out)))
	if len(offered) == 0 {
		t.Fatalf("openssl says\n%s", out)
	}
	a := account{tool: "by hand"}
	if strings.HasPrefix(c.endpoint, "pop3") { // USER and PASS have no SASL name
		a.mechanisms = sorted(append(offered, "user"))
		return a
	}
	for _, capability := range offered {
		if mechanism, ok := strings.CutPrefix(capability, "auth="); ok {
			a.mechanisms = append(a.mechanisms, mechanism)
		}
	}
	if !slices.Contains(offered, "logindisabled") { // the command LOGIN counts as the mechanism
		a.mechanisms = append(a.mechanisms, "login")
	}
	a.mechanisms = slices.Compact(sorted(a.mechanisms))
	return a
}

func bySwaks(t *testing.T, c compared) account {
	t.Helper()
	host, port, _ := net.SplitHostPort(c.via)
	args := []string{"swaks", "--server", host, "--port", port, "--helo", "client.test", "--quit-after", "EHLO"}
	if c.protocol == "" {
		args = append(args, "--tls-on-connect")
	} else {
		args = append(args, "--tls")
	}
	out := output(t, "", args...)
	offered := lastMatch(`<~  250[- ]AUTH (.*)`, out)
	if offered == "" {
		t.Fatalf("swaks says\n%s", out)
	}
	return account{
		tool:    "swaks",
		version: strings.Replace(lastMatch(`TLS started with cipher (TLSv[0-9.]+):`, out), "v", " ", 1),
		suite:   ianaName(t, lastMatch(`TLS started with cipher [^:]+:([^:]+):`, out)), mechanisms: sorted(strings.Fields(strings.ToLower(offered))),
	}
}

func bySSLScan(t *testing.T, c compared) account {
	t.Helper()
	args := []string{"sslscan", "--xml=-", "--no-colour", "--sni-name=" + c.host}
	if c.protocol != "" {
		args = append(args, "--starttls-"+c.protocol)
	}
	out := output(t, "", append(args, c.via)...)
	var document struct {
		Test struct {
			Protocols []struct {
				Type    string `xml:"type,attr"`
				Version string `xml:"version,attr"`
				Enabled string `xml:"enabled,attr"`
			} `xml:"protocol"`
			Ciphers []struct {
				Version string `xml:"sslversion,attr"`
				Name    string `xml:"cipher,attr"`
			} `xml:"cipher"`
			Certificates []struct {
				Names    string `xml:"altnames"`
				NotAfter string `xml:"not-valid-after"`
			} `xml:"certificates>certificate"`
		} `xml:"ssltest"`
	}
	if err := xml.Unmarshal([]byte(out), &document); err != nil || len(document.Test.Certificates) == 0 {
		t.Fatalf("sslscan: %v\n%s", err, out)
	}
	a := account{tool: "sslscan", suites: map[string][]string{}}
	for _, p := range document.Test.Protocols {
		if p.Enabled == "1" {
			a.versions = append(a.versions, strings.ToUpper(p.Type)+" "+p.Version)
		}
	}
	for _, cipher := range document.Test.Ciphers {
		version := strings.Replace(cipher.Version, "v", " ", 1)
		a.suites[version] = sorted(append(a.suites[version], ianaName(t, cipher.Name)))
	}
	cert := document.Test.Certificates[0]
	a.names = sorted(strings.Split(strings.ReplaceAll(cert.Names, "DNS:", ""), ", "))
	var err error
	if a.notAfter, err = time.Parse("Jan _2 15:04:05 2006 MST", cert.NotAfter); err != nil {
		t.Fatalf("sslscan: %v", err)
	}
	return a
}

// bySurvey has mailmedic ask for everything, as sslscan does.
func bySurvey(t *testing.T, c compared) account {
	t.Helper()
	r := probed(t, "", "", c.endpoint, "--tls-survey")
	a := account{tool: "mailmedic --tls-survey", suites: map[string][]string{}}
	for _, o := range r.observed("tls", c.endpoint) {
		if o.Survey == nil {
			continue
		}
		for _, v := range slices.Backward(o.Survey.Versions) {
			if v.Offered {
				a.versions = append(a.versions, v.Version)
				a.suites[v.Version] = sorted(v.Suites)
			}
		}
	}
	if len(a.versions) == 0 {
		t.Error("there is no survey")
	}
	return a
}

// byTestSSL asks for versions and the certificate only: all that testssl.sh knows takes minutes.
func byTestSSL(t *testing.T, c compared) account {
	t.Helper()
	file := filepath.Join(t.TempDir(), "testssl.json")
	host, port, _ := net.SplitHostPort(c.via)
	args := []string{"testssl", "--quiet", "--warnings", "off", "--color", "0", "--ip", host, "--jsonfile", file, "-p", "-S"}
	if c.protocol != "" {
		args = append(args, "-t", c.protocol)
	}
	out := output(t, "", append(args, c.host+":"+port)...)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("testssl.sh: %v\n%s", err, out)
	}
	var found []struct{ ID, Finding string }
	if err := json.Unmarshal(content, &found); err != nil {
		t.Fatalf("testssl.sh: %v\n%s", err, content)
	}
	a := account{tool: "testssl.sh"}
	for _, f := range found {
		switch f.ID {
		case "SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3":
			if strings.HasPrefix(f.Finding, "offered") {
				version := strings.Replace(strings.Replace(f.ID, "_", ".", 1), "TLS1", "TLS 1", 1)
				if version == "TLS 1" {
					version = "TLS 1.0"
				}
				a.versions = append(a.versions, version)
			}
		case "cert_subjectAltName":
			a.names = sorted(strings.Fields(f.Finding))
		case "cert_notAfter":
			if a.notAfter, err = time.ParseInLocation("2006-01-02 15:04", f.Finding, time.UTC); err != nil {
				t.Errorf("testssl.sh: %v", err)
			}
		}
	}
	if len(a.versions) == 0 || len(a.names) == 0 {
		t.Fatalf("testssl.sh says\n%s\n%s", out, content)
	}
	return a
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// lastMatch gives the group of the last match of pattern, "" for none.
func lastMatch(pattern, text string) string {
	all := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return ""
	}
	return strings.TrimSpace(all[len(all)-1][1])
}

// suiteNames gives the IANA names of suites by those of OpenSSL.
var suiteNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	out, err := exec.Command("openssl", "ciphers", "-stdname", "ALL:COMPLEMENTOFALL").Output()
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 2 { // TLS_AES_256_GCM_SHA384 - TLS_AES_256_GCM_SHA384 …
			names[fields[2]] = fields[0]
		}
	}
	return names
})

func ianaName(t *testing.T, suite string) string {
	t.Helper()
	if strings.HasPrefix(suite, "TLS_") {
		return suite
	}
	name, ok := suiteNames()[suite]
	if !ok {
		t.Fatalf("openssl has no IANA name for %q", suite)
	}
	return name
}
