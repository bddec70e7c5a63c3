package probe

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host is where every server of these tests stands; the dial hook leads there from everywhere.
const host = "192.0.2.7"

// A world is the servers that the connections of one test meet, the first
// connection the first script, and so on. One more is refused. A script is a
// list of lines:
//
//	S: text      the server sends text and CRLF
//	RAW text     the server sends text with Go's escapes, and no CRLF after it
//	C: text      the client must send a line that begins with text
//	TLS          handshake with a good certificate; "TLS expired" with a bad one, and see tlsConfig
//	HELLO        reads a ClientHello
//	PAUSE 6s     waits; only where time is simulated
//	FLOOD text   sends text again and again until the client hangs up
//	KEYUPDATES, TICKETS, RENEGOTIATE
//	             handshake with TLS 1.3, of the last with TLS 1.2, and then
//	             messages of this kind until the client hangs up
//	CLOSE, RESET hangs up politely or not
//	HOLD         waits until the client hangs up
//
// After its last line the server takes one more line and hangs up.
type world struct {
	t       *testing.T
	scripts []string
	pipes   bool // in memory, for simulated time

	mu    sync.Mutex
	dials int
	sent  []int    // bytes that each server got rid of
	heard []string // every line that a server read
	peers sync.WaitGroup
}

func newWorld(t *testing.T, scripts ...string) *world {
	return &world{t: t, scripts: scripts, sent: make([]int, len(scripts))}
}

// network gives a way into the world. Certificates are judged at the time of the test authority.
func (w *world) network() *wire.Network {
	w.t.Helper()
	n, err := wire.New(wire.Options{Roots: authority().pool, Dial: w.dial, Now: func() time.Time { return authority().now }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { n.Close(); w.peers.Wait() })
	return n
}

func (w *world) dial(ctx context.Context, _ string, _ netip.AddrPort) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.dials
	w.dials++
	if i >= len(w.scripts) {
		return nil, errors.New("connection refused")
	}
	ours, theirs, err := w.pair(ctx)
	if err != nil {
		return nil, err
	}
	w.peers.Go(func() {
		defer theirs.Close()
		p := &peer{world: w, index: i, conn: theirs, in: bufio.NewReader(theirs)}
		p.play(w.scripts[i])
	})
	return ours, nil
}

// pair makes the two ends of a connection.
func (w *world) pair(ctx context.Context) (ours, theirs net.Conn, err error) {
	if w.pipes {
		ours, theirs = net.Pipe()
		return ours, theirs, nil
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if ours, err = new(net.Dialer).DialContext(ctx, "tcp4", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	theirs, err = l.Accept()
	return ours, theirs, err
}

// A peer is one server at work.
type peer struct {
	world *world
	index int
	conn  net.Conn
	in    *bufio.Reader
}

func (p *peer) play(script string) {
	for _, step := range strings.Split(strings.Trim(script, "\n"), "\n") {
		step = strings.TrimLeft(step, "\t")
		word, rest, _ := strings.Cut(step, " ")
		raw := rest
		if word == "RAW" || word == "FLOOD" {
			raw = p.unescape(rest)
		}
		var err error
		switch word {
		case "":
		case "S:":
			err = p.send(rest + "\r\n")
		case "RAW":
			err = p.send(raw)
		case "C:":
			err = p.expect(rest)
		case "TLS":
			err = p.handshake(rest)
		case "HELLO":
			_, err = io.CopyN(io.Discard, p.in, helloSize(p.in))
		case "PAUSE":
			d, _ := time.ParseDuration(rest)
			<-time.After(d) // in a bubble of synctest, where time costs nothing
		case "FLOOD":
			for err == nil {
				err = p.send(raw)
			}
		case "KEYUPDATES", "TICKETS", "RENEGOTIATE":
			err = p.floodRecords(word)
		case "HOLD":
			_, _ = io.Copy(io.Discard, p.in)
		case "CLOSE":
			return
		case "RESET":
			_ = p.conn.(*net.TCPConn).SetLinger(0)
			_ = p.conn.Close()
			return
		default:
			p.world.t.Errorf("the script has an unknown step %q", step)
		}
		if err != nil {
			return
		}
	}
	_ = p.expect("")
}

func (p *peer) unescape(s string) string {
	raw, err := strconv.Unquote(`"` + s + `"`)
	if err != nil {
		p.world.t.Errorf("the script has malformed text %q", s)
	}
	return raw
}

func (p *peer) send(s string) error {
	n, err := io.WriteString(p.conn, s)
	p.world.mu.Lock()
	p.world.sent[p.index] += n
	p.world.mu.Unlock()
	return err
}

func (p *peer) expect(prefix string) error {
	line, err := p.in.ReadString('\n')
	if err != nil {
		if prefix != "" && line != "" {
			p.world.t.Errorf("connection %d: the client hung up before %q", p.index, prefix)
		}
		return err
	}
	line = strings.TrimRight(line, "\r\n")
	p.world.mu.Lock()
	p.world.heard = append(p.world.heard, line)
	p.world.mu.Unlock()
	if !strings.HasPrefix(line, prefix) {
		p.world.t.Errorf("connection %d: the client said %q instead of %q", p.index, line, prefix)
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (p *peer) handshake(kind string) error {
	c := tls.Server(p.conn, tlsConfig(kind))
	p.conn, p.in = c, bufio.NewReader(c)
	return c.Handshake()
}

func (p *peer) floodRecords(kind string) error {
	version := uint16(tls.VersionTLS13)
	if kind == "RENEGOTIATE" {
		version = tls.VersionTLS12
	}
	records, err := newRecordPeer(p.conn, version)
	if err != nil {
		p.world.t.Errorf("handshake before %s: %v", kind, err)
		return err
	}
	return records.flood(kind)
}

// tlsConfig gives the server for a kind of handshake.
func tlsConfig(kind string) *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{authority().good}}
	switch kind {
	case "expired":
		config.Certificates = []tls.Certificate{authority().expired}
	case "1.0":
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
	case "rc4":
		config.MaxVersion, config.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}
	case "h2", "http/1.1":
		config.NextProtos = []string{kind}
	case "keyless":
		config.Certificates = []tls.Certificate{{Certificate: authority().good.Certificate, PrivateKey: lostKey{authority().good.PrivateKey.(crypto.Signer)}}}
	case "chain-100k", "chain-1m", "names", "rsa-16384":
		config.Certificates = []tls.Certificate{hugeCertificate(kind)}
	case "ask":
		config.ClientAuth = tls.RequestClientCert
	case "demand":
		config.ClientAuth = tls.RequireAnyClientCert
	case "demand-1.2":
		config.ClientAuth, config.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
	}
	return config
}

// lostKey is the key of a server that can show its certificate and sign nothing.
type lostKey struct{ crypto.Signer }

func (lostKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, io.ErrUnexpectedEOF
}

// helloSize gives the length of the record that a client begins with, its header included.
func helloSize(in *bufio.Reader) int64 {
	header, err := in.Peek(5)
	if err != nil {
		return 5
	}
	return 5 + int64(header[3])<<8 + int64(header[4])
}

type testAuthority struct {
	pool          *x509.CertPool
	good, expired tls.Certificate
	now           time.Time
}

// authority makes the certificates of the tests, once.
var authority = sync.OnceValue(func() testAuthority {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Authority"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	must(err)
	parsed, err := x509.ParseCertificate(der)
	must(err)
	issue := func(until time.Time) tls.Certificate {
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(until.Unix()), Subject: pkix.Name{CommonName: host},
			NotBefore: now.AddDate(0, -2, 0), NotAfter: until, IPAddresses: []net.IP{net.ParseIP(host)},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, parsed, key.Public(), key)
		must(err)
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return testAuthority{pool, issue(now.AddDate(0, 2, 0)), issue(now.AddDate(0, 0, -3)), now}
})

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// A seen holds what a session emitted, by ID; the later observation replaces the earlier.
type seen struct {
	ids []string
	all map[string]mail.Observation
}

func (s *seen) emit(o mail.Observation) {
	if s.all == nil {
		s.all = map[string]mail.Observation{}
	}
	s.ids = append(s.ids, o.ID)
	s.all[o.ID] = o
}

// session gives the session observation of an endpoint.
func (s *seen) session(t *testing.T, endpoint string) mail.Observation {
	t.Helper()
	return s.get(t, "session:"+endpoint)
}

func (s *seen) get(t *testing.T, id string) mail.Observation {
	t.Helper()
	o, ok := s.all[id]
	if !ok {
		t.Fatalf("no observation %s among %q", id, s.ids)
	}
	return o
}

// class gives the class of a failure, and "" for none.
func class(o mail.Observation) mail.Class {
	if o.Failure == nil {
		return ""
	}
	return o.Failure.Class
}

func endpoint(t *testing.T, s string) mail.Endpoint {
	t.Helper()
	e, err := mail.ParseEndpoint(s)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// open opens a session in a world and closes it at the end of the test.
func (w *world) open(at string, o Options) (*Session, *seen) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	w.t.Cleanup(cancel)
	got := &seen{}
	n := w.network()
	s := Open(ctx, n, endpoint(w.t, at), o, got.emit)
	w.t.Cleanup(func() { s.Close(ctx) })
	return s, got
}
