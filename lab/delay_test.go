package lab

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

const rtt = 50 * time.Millisecond

// delayedPipe gives a connection to a server that is one rtt away, in the bubble's time.
func delayedPipe(t *testing.T) (client *delayedConn, server net.Conn) {
	near, far := net.Pipe()
	client = newDelayedConn(near, rtt)
	go client.pump()
	t.Cleanup(func() { _, _ = client.Close(), far.Close() })
	return client, far
}

func TestAnswersArriveOneRoundTripLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := delayedPipe(t)
		began := time.Now()
		go func() {
			for range 100 {
				_, _ = server.Write(bytes.Repeat([]byte("x"), 10_000))
			}
			_ = server.Close()
		}()
		data, err := io.ReadAll(client)
		if len(data) != 1_000_000 || err != nil {
			t.Errorf("%d bytes, %v", len(data), err)
		}
		if took := time.Since(began); took != rtt {
			t.Errorf("a hundred writes took %s, want one round trip", took)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestHandshakesCostTheirRoundTrips(t *testing.T) {
	t.Parallel()
	authority, err := newAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.certificate(certificateConfig{}, []string{"mail.example"})
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[uint16]int{tls.VersionTLS13: 1, tls.VersionTLS12: 2} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, server := delayedPipe(t)
				go func() { _ = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake() }()
				began := time.Now()
				config := &tls.Config{InsecureSkipVerify: true, MaxVersion: version}
				if err := tls.Client(client, config).Handshake(); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != time.Duration(want)*rtt {
					t.Errorf("took %s, want %d round trips", took, want)
				}
			})
		})
	}
}

func TestDeadlinesHoldWhileSomethingIsOnItsWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := delayedPipe(t)
		go func() { _, _ = server.Write([]byte("hello")) }()
		began := time.Now()
		if err := client.SetDeadline(began.Add(rtt / 2)); err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 10)
		if _, err := client.Read(buffer); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != rtt/2 {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		if err := client.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if n, err := client.Read(buffer); string(buffer[:n]) != "hello" || err != nil || time.Since(began) != rtt {
			t.Errorf("after %s: %q, %v", time.Since(began), buffer[:n], err)
		}
	})
}

func TestCloseEndsAReadThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := delayedPipe(t)
		time.AfterFunc(rtt, func() { _ = client.Close() })
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}

func TestFloodsWaitForTheReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := delayedPipe(t)
		written := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 200 {
				n, err := server.Write(make([]byte, 64<<10))
				if written += n; err != nil {
					return
				}
			}
			_ = server.Close()
		}()
		synctest.Wait()
		if held := written; held > maxInFlight+2*64<<10 {
			t.Errorf("%d bytes were taken from a server that nobody reads", held)
		}
		n, err := io.Copy(io.Discard, client)
		<-done
		if n != 200*64<<10 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
}
