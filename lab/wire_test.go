package lab_test

import (
	"testing"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// door gives the door of package wire into a world.
func door(t *testing.T, r *lab.Running) *wire.Network {
	t.Helper()
	network, err := wire.New(r.Network())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	return network
}

func TestTheDoorLeadsIntoTheWorld(t *testing.T) {
	t.Parallel()
	network := door(t, run(t, "good", lab.Options{}))

	srv := network.Lookup(t.Context(), "_imaps._tcp.good.example", "SRV").SRV
	if len(srv) != 1 || srv[0].Target != "imap.good.example" || srv[0].Port != 993 {
		t.Errorf("SRV %+v", srv)
	}
	document := network.Get(t.Context(), "https://autoconfig.good.example/mail/config-v1.1.xml")
	if !document.HTTPS || len(document.Body) == 0 {
		t.Errorf("document: %+v", document.Observation)
	}
	dialed := network.Dial(t.Context(), mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "imap.good.example", Port: 993})
	if dialed.Conn == nil {
		t.Fatalf("dial: %v", dialed.Failure)
	}
	defer dialed.Conn.Close()
	if _, completed := dialed.Conn.Handshake(t.Context()); !completed || !dialed.Conn.Verified() {
		t.Errorf("handshake: completed %t, verified %t", completed, dialed.Conn.Verified())
	}
}

func TestFailuresOfTheWorldHaveTheirClasses(t *testing.T) {
	t.Parallel()
	network := door(t, start(t, "faults.txtar", faultyWorld, lab.Options{}))
	for host, want := range map[string]mail.Class{
		"idle.faults.example": mail.Refused, "cut.faults.example": mail.Unreachable, "gone.faults.example": mail.DNSNXDomain,
	} {
		got := network.Dial(t.Context(), mail.Endpoint{Protocol: mail.IMAP, Security: mail.None, Host: host, Port: 143})
		if got.Failure == nil || got.Failure.Class != want {
			t.Errorf("%s: %v, want %s", host, got.Failure, want)
		}
	}
	for host, want := range map[string]mail.Class{"closed.faults.example": mail.Closed, "reset.faults.example": mail.Reset} {
		dialed := network.Dial(t.Context(), mail.Endpoint{Protocol: mail.IMAP, Security: mail.None, Host: host, Port: 143})
		if dialed.Conn == nil {
			t.Errorf("%s: %v", host, dialed.Failure)
			continue
		}
		_, err := dialed.Conn.Read(make([]byte, 1))
		if got := wire.Classify(err); got == nil || got.Class != want {
			t.Errorf("%s: %v, want %s", host, got, want)
		}
		_ = dialed.Conn.Close()
	}
}
