package wire

import (
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// everyName has one address for every name.
func everyName(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	h := dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
	m.Answer = []dns.RR{&dns.A{Hdr: h, A: net.IPv4(192, 0, 2, 1)}}
	return m
}

func BenchmarkLookup(b *testing.B) {
	n := networkAt(b, resolverAt(b, everyName), Options{})
	i := 0
	for b.Loop() {
		i++
		if a := n.Lookup(b.Context(), fmt.Sprintf("n%d.example.com", i), "A"); a.Failure() != nil {
			b.Fatal(a.Failure())
		}
	}
}

func BenchmarkRememberedLookup(b *testing.B) {
	n := networkAt(b, resolverAt(b, mailZone.answerer(b)), Options{})
	for b.Loop() {
		n.Lookup(b.Context(), "example.com", "MX")
	}
}

// BenchmarkDialAndHandshake connects to a TLS server on loopback by name.
func BenchmarkDialAndHandshake(b *testing.B) {
	s := newSite(b, Options{})
	listener, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*s.certificate(b, "autoconfig.example.com")}})
	if err != nil {
		b.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { drain(conn); _ = conn.Close() })
		}
	})
	b.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	s.places["192.0.2.80:993"] = listener.Addr().String()
	e := imaps
	e.Host = "autoconfig.example.com"
	for b.Loop() {
		d := s.network.Dial(b.Context(), e)
		if d.Conn == nil {
			b.Fatal(d.Failure)
		}
		if obs, completed := d.Conn.Handshake(b.Context()); !completed || obs.Failure != nil {
			b.Fatal(obs.Failure)
		}
		_ = d.Conn.Close()
	}
}
