//go:build integration

package integration

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The ways of these tests lead over a pair of virtual network cards into a
// network namespace, where the client stands. Both ends have a packet size of
// their own, and neither tells the other: what is larger than the receiver's is
// lost in silence, as behind a tunnel whose ICMP messages are filtered.
const (
	farServer         = "198.51.100.97"
	farControl        = "203.0.113.97"
	nearClient        = "192.0.2.97"
	clientSpace       = "mailmedic-path"
	farCard, nearCard = "mmpath0", "mmpath1"
)

// ip runs the tool of that name.
func ip(t *testing.T, line string) {
	t.Helper()
	if err := command(context.Background(), append([]string{"ip"}, strings.Fields(line)...)...); err != nil {
		t.Fatal(err)
	}
}

// layWay lays a way with packets of so many bytes to the client and to the servers.
func layWay(t *testing.T, toClient, toServers int) {
	t.Helper()
	clearWay()
	ip(t, "netns add "+clientSpace)
	t.Cleanup(func() { ip(t, "netns del "+clientSpace) })
	ip(t, "link add "+farCard+" type veth peer name "+nearCard+" netns "+clientSpace)
	t.Cleanup(func() { ip(t, "link del "+farCard) }) // with the namespace it would go some time later
	for _, address := range []string{farServer, farControl} {
		ip(t, "address add "+address+"/32 dev "+farCard)
	}
	ip(t, "-n "+clientSpace+" address add "+nearClient+"/32 dev "+nearCard)
	// Without segmentation offload, each packet is one that a wire would carry.
	ip(t, fmt.Sprintf("link set %s mtu %d gso_max_segs 1 up", farCard, toServers))
	ip(t, fmt.Sprintf("-n %s link set %s mtu %d gso_max_segs 1 up", clientSpace, nearCard, toClient))
	ip(t, "-n "+clientSpace+" link set lo up")
	ip(t, "route add "+nearClient+" dev "+farCard+" src "+farServer+" advmss 1460")
	for _, address := range []string{farServer, farControl} {
		ip(t, "-n "+clientSpace+" route add "+address+" dev "+nearCard+" src "+nearClient+" advmss 1460")
	}
}

// clearWay removes what a run that was killed has left, which mostly is nothing.
func clearWay() {
	_ = command(context.Background(), "ip", "link", "del", farCard)
	_ = command(context.Background(), "ip", "netns", "del", clientSpace)
}

// closePort leads what goes to a port onto a card that nobody listens at.
func closePort(t *testing.T, port int) {
	t.Helper()
	const hole, bottom = "mmhole0", "mmhole1"
	for _, line := range []string{
		"link add " + hole + " type veth peer name " + bottom,
		"link set " + hole + " up",
		"link set " + bottom + " up",
		"route add default dev " + hole + " src " + nearClient + " table 97",
		"neighbour add " + farServer + " lladdr 02:00:00:00:00:97 dev " + hole,
		"neighbour add " + farControl + " lladdr 02:00:00:00:00:97 dev " + hole,
		fmt.Sprintf("rule add ipproto tcp dport %d lookup 97", port),
	} {
		ip(t, "-n "+clientSpace+" "+line)
	}
}

// serveFar runs an IMAP server at both far addresses that greets and offers
// nothing. Its certificate takes several packets.
func serveFar(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := the.ca.template("far", -day, day)
	template.IPAddresses = []net.IP{net.ParseIP(farServer), net.ParseIP(farControl)}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for i := range 100 {
		template.DNSNames = append(template.DNSNames, fmt.Sprintf("name-%d.of-a-large-certificate.test", i))
	}
	leaf, err := sign(template, the.ca.intermediate, &key.PublicKey, the.ca.key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{
		Certificate: [][]byte{leaf.Raw, the.ca.intermediate.Raw}, PrivateKey: key,
	}}}
	for _, address := range []string{farServer, farControl} {
		listener, err := tls.Listen("tcp", net.JoinHostPort(address, "993"), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		go greetAll(listener)
	}
}

// greetAll speaks enough IMAP for a capability and a farewell.
func greetAll(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			if _, err := conn.Write([]byte("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] far\r\n")); err != nil {
				return
			}
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			for buffer := make([]byte, 512); ; {
				n, err := conn.Read(buffer)
				if err != nil {
					return
				}
				tag, _, _ := bytes.Cut(buffer[:n], []byte(" "))
				fmt.Fprintf(conn, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%s OK\r\n", tag)
			}
		}()
	}
}

// probeFar asks the far server from where the client stands.
func probeFar(t *testing.T, more ...string) *report {
	t.Helper()
	args := append([]string{"probe", "imaps://" + farServer + ":993", "--ca-file", the.caFile, "-f", "json"}, more...)
	cmd := mailmedicCommand(t, args...)
	path, err := exec.LookPath("ip")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path, cmd.Args = path, append([]string{"ip", "netns", "exec", clientSpace}, cmd.Args...)
	start := time.Now()
	err = cmd.Run()
	return outcomeOf(t, cmd, err, time.Since(start)).report(t)
}

// They run beside all others and one after another, since all of them lay the one way.
func TestTheWayToTheServers(t *testing.T) {
	t.Parallel()
	control := []string{"--control-host", "imaps://" + farControl + ":993"}
	for _, test := range []struct {
		name                string
		toClient, toServers int
		blocked             bool
		flags               []string
		code                int
		finding, confidence string
	}{
		{"a way that takes everything", 1500, 1500, false, control, 0, "", ""},
		{"large answers are lost, from everybody", 1280, 1500, false, control, 3, "net.packet-size", "certain"},
		{"large answers are lost, and nobody else is asked", 1280, 1500, false, []string{"--no-third-party"}, 1, "net.packet-size", "likely"},
		{"large questions are lost", 1500, 1280, false, []string{"--no-third-party"}, 1, "tls.large-hello", "likely"},
		{"large questions are lost, to everybody", 1500, 1280, false, control, 1, "tls.large-hello", "certain"},
		{"a port is closed to everybody, as far as one of them tells", 1500, 1500, true, control, 3, "net.port-blocked", "likely"},
	} {
		t.Run(test.name, func(t *testing.T) {
			layWay(t, test.toClient, test.toServers)
			serveFar(t)
			if test.blocked {
				closePort(t, 993)
			}
			r := probeFar(t, test.flags...)
			if r.Verdict.ExitCode != test.code {
				t.Errorf("exit code %d, want %d", r.Verdict.ExitCode, test.code)
			}
			if test.finding == "" {
				if len(r.Findings) > 0 {
					t.Errorf("the findings are %v", r.findingIDs())
				}
				return
			}
			if len(r.Findings) != 1 || r.Findings[0].ID != test.finding || r.Findings[0].Owner != "network" || r.Findings[0].Confidence != test.confidence {
				t.Errorf("the findings are %+v, want %s, %s", r.Findings, test.finding, test.confidence)
			}
		})
	}
}

// The same way as the lab pretends it, which takes as long.
func TestTheLabLosesLargePacketsToo(t *testing.T) {
	t.Parallel()
	r := mailmedic(t, "demo", "../testdata/world/slow/large-packets-lost.txtar", "-f", "json").report(t)
	if r.Verdict.ExitCode != 3 || len(r.Findings) != 1 || r.Findings[0].ID != "net.packet-size" || r.Findings[0].Confidence != "certain" {
		t.Errorf("exit code %d, the findings are %+v", r.Verdict.ExitCode, r.Findings)
	}
}
