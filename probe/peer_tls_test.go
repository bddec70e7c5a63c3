package probe

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	bigendian "encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
)

// A recordPeer is the server's side of a TLS connection that goes on to write
// records of its own after the handshake, as crypto/tls would never do.
type recordPeer struct {
	conn   net.Conn
	keys   bytes.Buffer // what crypto/tls logs of its keys
	sent   bytes.Buffer // the beginning of what was sent, for the random of the ServerHello
	secret []byte       // of TLS 1.3
	aead   cipher.AEAD
	iv     []byte
	seq    uint64
}

// Write keeps the beginning, for the conn that crypto/tls writes to.
func (p *recordPeer) Write(b []byte) (int, error) {
	if p.sent.Len() < 64 {
		p.sent.Write(b)
	}
	return p.conn.Write(b)
}

// teeConn sends through a recordPeer.
type teeConn struct {
	net.Conn
	io.Writer
}

func (c teeConn) Write(b []byte) (int, error) { return c.Writer.Write(b) }

// newRecordPeer does a handshake in one version with AES-128-GCM.
func newRecordPeer(conn net.Conn, version uint16) (*recordPeer, error) {
	p := &recordPeer{conn: conn}
	config := tlsConfig("")
	config.MinVersion, config.MaxVersion = version, version
	config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	config.KeyLogWriter = &p.keys
	config.SessionTicketsDisabled = true // so that the first record is ours
	c := tls.Server(teeConn{conn, p}, config)
	if err := c.Handshake(); err != nil {
		return nil, err
	}
	if version == tls.VersionTLS12 {
		return p, p.keys12()
	}
	if c.ConnectionState().CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
		return nil, errors.New("the test is written for AES-128-GCM")
	}
	p.secret = p.logged("SERVER_TRAFFIC_SECRET_0")
	return p, p.keys13()
}

// logged gives the last field of a line of the key log.
func (p *recordPeer) logged(label string) []byte {
	for line := range strings.Lines(p.keys.String()) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == label {
			secret, _ := hex.DecodeString(fields[2])
			return secret
		}
	}
	return nil
}

// expand is HKDF-Expand-Label, RFC 8446 section 7.1.
func expand(secret []byte, label string, size int) []byte {
	label = "tls13 " + label
	info := append([]byte{0, byte(size), byte(len(label))}, label...)
	key, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), size)
	must(err)
	return key
}

// keys13 takes the present secret into use, RFC 8446 section 7.3.
func (p *recordPeer) keys13() (err error) {
	p.aead, err = gcm(expand(p.secret, "key", 16))
	p.iv, p.seq = expand(p.secret, "iv", 12), 0
	return err
}

// keys12 derives the keys of the server, RFC 5246 section 6.3. The first of its
// numbers was that of Finished.
func (p *recordPeer) keys12() (err error) {
	client, _ := hex.DecodeString(strings.Fields(p.keys.String())[1])
	seed := append([]byte("key expansion"), p.sent.Bytes()[11:43]...)
	seed = append(seed, client...)
	var block []byte
	sum := func(data []byte) []byte {
		h := hmac.New(sha256.New, p.logged("CLIENT_RANDOM"))
		h.Write(data)
		return h.Sum(nil)
	}
	for a := sum(seed); len(block) < 40; a = sum(a) {
		block = append(block, sum(append(bytes.Clone(a), seed...))...)
	}
	p.aead, err = gcm(block[16:32])
	p.iv, p.seq = block[36:40], 1
	return err
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// handshake sends a handshake message in a record of its own.
func (p *recordPeer) handshake(message []byte) error {
	number := bigendian.BigEndian.AppendUint64(nil, p.seq)
	p.seq++
	if p.secret == nil { // TLS 1.2, RFC 5288 section 3
		nonce := append(bytes.Clone(p.iv), number...)
		header := []byte{22, 3, 3, 0, byte(len(message))}
		sealed := p.aead.Seal(nil, nonce, message, append(bytes.Clone(number), header...))
		return p.record(22, append(number, sealed...))
	}
	nonce := bytes.Clone(p.iv)
	for i := range number {
		nonce[4+i] ^= number[i]
	}
	size := len(message) + 1 + p.aead.Overhead()
	header := []byte{23, 3, 3, byte(size >> 8), byte(size)}
	return p.record(23, p.aead.Seal(nil, nonce, append(bytes.Clone(message), 22), header))
}

func (p *recordPeer) record(kind byte, data []byte) error {
	_, err := p.conn.Write(append([]byte{kind, 3, 3, byte(len(data) >> 8), byte(len(data))}, data...))
	return err
}

// flood sends messages of one kind until the client has had enough.
func (p *recordPeer) flood(kind string) error {
	message := map[string][]byte{
		"KEYUPDATES":  {24, 0, 0, 1, 1}, // and asks for the client's own each time
		"TICKETS":     ticket(16000),
		"RENEGOTIATE": {0, 0, 0, 0}, // HelloRequest, RFC 5246 section 7.4.1.1
	}[kind]
	for {
		if err := p.handshake(message); err != nil {
			return err
		}
		if kind == "KEYUPDATES" {
			p.secret = expand(p.secret, "traffic upd", sha256.Size)
			must(p.keys13())
		}
	}
}

// ticket gives a NewSessionTicket of so many bytes, RFC 8446 section 4.6.1.
func ticket(size int) []byte {
	body := append([]byte{0, 0, 1, 0, 0, 0, 0, 0, 0, byte(size >> 8), byte(size)}, make([]byte, size)...)
	body = append(body, 0, 0)
	return append([]byte{4, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// hugeCertificate gives certificates that no server should have.
func hugeCertificate(kind string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: authority().now.AddDate(1, 0, 0), IPAddresses: []net.IP{net.ParseIP(host)}}
	certificate := tls.Certificate{PrivateKey: key}
	copies, public := 1, any(key.Public())
	switch kind {
	case "chain-100k", "chain-1m":
		copies = map[string]int{"chain-100k": 50, "chain-1m": 500}[kind]
		template.ExtraExtensions = nil
		template.OCSPServer = []string{"http://" + strings.Repeat("x", 2000)}
	case "names":
		for i := range 8000 {
			template.DNSNames = append(template.DNSNames, fmt.Sprintf("host-%d.example", i))
		}
	case "rsa-16384":
		modulus := new(big.Int).Lsh(big.NewInt(1), 16383)
		public = &rsa.PublicKey{N: modulus.Add(modulus, big.NewInt(1)), E: 65537}
		certificate.PrivateKey = fakeKey{public.(*rsa.PublicKey), key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, &x509.Certificate{}, public, key)
	must(err)
	for range copies {
		certificate.Certificate = append(certificate.Certificate, der)
	}
	return certificate
}

// fakeKey signs for a public key that is not its own.
type fakeKey struct {
	public *rsa.PublicKey
	*ecdsa.PrivateKey
}

// Public implements [crypto.Signer].
func (k fakeKey) Public() crypto.PublicKey { return k.public }
