package lab_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/lab"
)

// These tests run in real time and so ask for lower bounds only; the exact
// costs stand in delay_test.go.

func TestRoundTripsTakeTheirTime(t *testing.T) {
	t.Parallel()
	const rtt = 20 * time.Millisecond
	r := start(t, "mail.txtar", mailWorld, lab.Options{RTT: rtt})

	began := time.Now()
	conn := dial(t, r, "192.0.2.2:143")
	if took := time.Since(began); took < rtt {
		t.Errorf("connected after %s", took)
	}
	if _, err := readLine(conn); err != nil || time.Since(began) < 2*rtt {
		t.Errorf("greeted after %s, %v", time.Since(began), err)
	}

	began = time.Now()
	if _, err := r.Dial(t.Context(), "tcp4", netip.MustParseAddrPort("192.0.2.2:9")); err == nil || time.Since(began) < rtt {
		t.Errorf("refused after %s, %v", time.Since(began), err)
	}

	began = time.Now()
	if reply := ask(t, r, "udp4", "mail.example.", "A"); len(reply.Answer) != 1 || time.Since(began) < rtt {
		t.Errorf("DNS answered after %s: %v", time.Since(began), reply)
	}
}

func TestDatagramsStayApartWithDelay(t *testing.T) {
	t.Parallel()
	r := start(t, "mail.txtar", mailWorld, lab.Options{RTT: time.Millisecond})
	conn, err := r.Dial(t.Context(), "udp4", netip.MustParseAddrPort("192.0.2.53:53"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, ok := conn.(net.PacketConn); !ok {
		t.Fatal("the connection does not say that it carries datagrams")
	}
	c := &dns.Conn{Conn: conn}
	for _, name := range []string{"mail.example.", "gone.example."} {
		if err := c.WriteMsg(new(dns.Msg).SetQuestion(name, dns.TypeA)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if reply, err := c.ReadMsg(); err != nil || len(reply.Question) != 1 {
			t.Errorf("%v, %v", reply, err)
		}
	}
}

func TestConnectingWithDelayEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := start(t, "mail.txtar", mailWorld, lab.Options{RTT: time.Hour})
	ctx, cancel := context.WithDeadline(t.Context(), expired)
	defer cancel()
	_, err := r.Dial(ctx, "tcp4", netip.MustParseAddrPort("192.0.2.2:143"))
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v is no timeout", err)
	}
}
