package wire

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/mailmedic/mailmedic/mail"
)

// A rawSender writes records of TLS 1.3 that crypto/tls does not send (RFC 8446 section 5.2).
type rawSender struct {
	t      *testing.T
	conn   net.Conn
	secret []byte // of the server's application traffic
	suite  uint16
	sent   uint64 // records under the present key
}

// newRawSender does a handshake as a server and takes the sending over.
func newRawSender(t *testing.T, conn net.Conn, config *tls.Config) *rawSender {
	var log strings.Builder
	config.KeyLogWriter, config.MinVersion, config.SessionTicketsDisabled = &log, tls.VersionTLS13, true
	s := tls.Server(conn, config)
	if err := s.Handshake(); err != nil {
		t.Error(err)
		return nil
	}
	for line := range strings.Lines(log.String()) {
		if fields := strings.Fields(line); fields[0] == "SERVER_TRAFFIC_SECRET_0" {
			secret, err := hex.DecodeString(fields[2])
			if err == nil {
				return &rawSender{t: t, conn: conn, secret: secret, suite: s.ConnectionState().CipherSuite}
			}
		}
	}
	t.Error("the log has no secret")
	return nil
}

// expand is HKDF-Expand-Label, RFC 8446 section 7.1.
func (r *rawSender) expand(label string, length int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(length))
	info = append(append(info, vector8([]byte("tls13 "+label))...), 0)
	key, err := hkdf.Expand(sha256.New, r.secret, string(info), length)
	if err != nil {
		r.t.Error(err)
	}
	return key
}

func (r *rawSender) aead() cipher.AEAD {
	if r.suite == tls.TLS_CHACHA20_POLY1305_SHA256 {
		aead, err := chacha20poly1305.New(r.expand("key", chacha20poly1305.KeySize))
		if err != nil {
			r.t.Error(err)
		}
		return aead
	}
	block, err := aes.NewCipher(r.expand("key", 16))
	if err != nil {
		r.t.Error(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		r.t.Error(err)
	}
	return aead
}

// send writes one record and reports whether the client took it.
func (r *rawSender) send(kind byte, content []byte) bool {
	aead, nonce := r.aead(), r.expand("iv", 12)
	for i, b := range binary.BigEndian.AppendUint64(nil, r.sent) {
		nonce[4+i] ^= b
	}
	r.sent++
	inner := append(append([]byte{}, content...), kind)
	header := binary.BigEndian.AppendUint16([]byte{23, 3, 3}, uint16(len(inner)+aead.Overhead()))
	_, err := r.conn.Write(append(header, aead.Seal(nil, nonce, inner, header)...))
	return err == nil
}

// updateKey asks the client to use new keys, and takes a new one (RFC 8446 section 4.6.3).
func (r *rawSender) updateKey() bool {
	ok := r.send(recordHandshake, []byte{24, 0, 0, 1, 1})
	r.secret, r.sent = r.expand("traffic upd", sha256.Size), 0
	return ok
}

// What a server sends beside the conversation ends, and does not go on for ever.
func TestFloodsUnderEncryptionEnd(t *testing.T) {
	t.Parallel()
	const application = 23
	greet := func(r *rawSender) bool { return r.send(application, []byte("* OK ready\r\n")) }
	ticket := append([]byte{4, 0, 0, 8 + 1 + 2 + 4 + 2}, append(append(make([]byte, 8), 0, 0, 4), "tick\x00\x00"...)...)
	for _, tt := range []struct {
		name string
		send func(*rawSender)
		line string // that is read first
		ends bool   // with an error that is no end of file
		why  string // in its words
	}{
		{"case 74: key updates without end", func(r *rawSender) {
			for more := greet(r); more; {
				more = r.updateKey()
			}
		}, "* OK ready\r\n", true, "sends one TLS message after another and no data"},
		{"case 74: session tickets without end", func(r *rawSender) {
			for more := greet(r); more; {
				more = r.send(recordHandshake, ticket)
			}
		}, "* OK ready\r\n", true, "sends one TLS message after another and no data"},
		{"case 74: a session ticket of 16 MiB", func(r *rawSender) {
			for more := true; more; {
				more = r.send(recordHandshake, append([]byte{4, 255, 255, 255}, make([]byte, 16000)...))
			}
		}, "", true, ""},
		{"case 74: a request to begin anew, which TLS 1.3 does not have", func(r *rawSender) {
			greet(r)
			r.send(recordHandshake, []byte{0, 0, 0, 0})
		}, "* OK ready\r\n", true, ""},
		{"case 74: a few of each, and the conversation goes on", func(r *rawSender) {
			r.send(recordHandshake, ticket)
			r.updateKey()
			r.send(recordHandshake, ticket)
			greet(r)
		}, "* OK ready\r\n", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t, "Root")
			n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
			conn, server := connectedIn(t.Context(), t, n, imaps)
			done := make(chan struct{})
			go func() {
				defer close(done)
				if r := newRawSender(t, server, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil)}}); r != nil {
					tt.send(r)
				}
				_ = server.CloseWrite()
				drain(server)
			}()
			_, completed := conn.Handshake(t.Context())
			conn.Limit(time.Now().Add(5 * time.Second))
			in := bufio.NewReader(conn)
			line, _ := in.ReadString('\n')
			_, err := in.ReadByte()
			f := conn.Failure(err)
			if !completed || line != tt.line || (f.Class == mail.ProtocolFault) != tt.ends || f.Class == mail.Timeout || !strings.Contains(f.Detail, tt.why) {
				t.Errorf("completed %v, line %q, and then %+v", completed, line, f)
			}
			_ = conn.Close()
			_ = server.Close()
			<-done
		})
	}
}
