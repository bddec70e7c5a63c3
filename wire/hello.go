package wire

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"net"
)

// A Hello is a way to begin a TLS handshake.
type Hello string

// The ways, from the one that mail programs of today use to the one that only
// asks what a server can do at all.
const (
	HelloModern    Hello = ""          // everything that is good today, a post-quantum key share included
	HelloClassical Hello = "classical" // no post-quantum key share, so that the ClientHello fits into one packet
	HelloTLS12     Hello = "tls-1.2"   // TLS 1.2 and nothing newer
	HelloLegacy    Hello = "legacy"    // everything since SSL 3.0, also what nobody should use any more
	HelloWeb       Hello = "web"       // as web browsers begin: they ask for HTTP, by ALPN (RFC 7301)
	HelloSmall     Hello = "small"     // nothing that any server has, so that the answer fits into the smallest packet
)

// config gives what crypto/tls needs to begin in this way.
func (h Hello) config() *tls.Config {
	config := &tls.Config{}
	if h == HelloWeb {
		config.NextProtos = []string{"h2", "http/1.1"}
	} else if h != HelloModern {
		config.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256}
	}
	if h == HelloTLS12 {
		config.MaxVersion = tls.VersionTLS12
	}
	return config
}

// The parts of TLS that crypto/tls does not export (RFC 8446 sections 4 and 5, RFC 5246 section 7).
const (
	recordAlert     = 21
	recordHandshake = 22

	alertWarning          = 1
	alertCloseNotify      = 0
	alertUserCanceled     = 90
	alertUnrecognizedName = 112

	typeClientHello = 1
	typeServerHello = 2

	extensionServerName        = 0
	extensionGroups            = 10
	extensionPointFormats      = 11
	extensionSignatures        = 13
	extensionPadding           = 21
	extensionSupportedVersions = 43
	extensionKeyShare          = 51

	versionSSL30 = 0x0300
)

// An Offer is a ClientHello that is written by hand, since crypto/tls neither
// offers nor speaks what is out of use. It leads up to the ServerHello only.
type Offer struct {
	Versions   []uint16 // newest first; up to TLS 1.2 they must have no gap
	Suites     []uint16
	Groups     []uint16 // for the key exchange
	ServerName string   // "" for none
	// Shared says that a key share of X25519 comes with it. Without one a server
	// that speaks TLS 1.3 names the group that it would choose and nothing more
	// (RFC 8446 section 4.2.8), which costs it no signature.
	Shared bool
}

// legacyOffer offers everything that a server could possibly take.
func legacyOffer(host string) Offer {
	return Offer{
		Versions:   []uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS11, tls.VersionTLS10, versionSSL30},
		Suites:     everySuite(),
		Groups:     []uint16{uint16(tls.X25519), uint16(tls.CurveP256), uint16(tls.CurveP384), uint16(tls.CurveP521), groupFFDHE2048, groupFFDHE3072},
		ServerName: serverName(host),
		Shared:     true,
	}
}

// smallOffer offers suites that are reserved for having no meaning (RFC 8701
// section 2), in TLS 1.2, which every server of today understands far enough to
// refuse. The refusal is an alert of seven bytes, or the end of the connection;
// a server that took any real suite would send its certificates, in full packets.
func smallOffer(host string) Offer {
	return Offer{
		Versions: []uint16{tls.VersionTLS12}, Suites: []uint16{0x0a0a, 0x1a1a},
		Groups: []uint16{uint16(tls.X25519), uint16(tls.CurveP256)}, ServerName: serverName(host),
	}
}

// byHand gives what to offer in ways that crypto/tls does not know.
func (h Hello) byHand(host string) (o Offer, ok bool) {
	switch h {
	case HelloLegacy:
		return legacyOffer(host), true
	case HelloSmall:
		return smallOffer(host), true
	default:
		return Offer{}, false
	}
}

// record gives the ClientHello in its record, ready to be sent.
func (o Offer) record() []byte {
	hello := o.message(nil)
	// Some load balancers hang on a ClientHello of 256 to 511 bytes (RFC 7685 section 1).
	if n := len(hello); n > 0xff && n < 0x200 {
		hello = o.message(make([]byte, max(0x200-n-4, 0)))
	}
	record := []byte{recordHandshake, 3, 1} // the version that every server takes here, RFC 8446 section 5.1
	return append(record, vector16(hello)...)
}

// message gives the handshake message, with a padding extension where padding is not nil.
func (o Offer) message(padding []byte) []byte {
	body := binary.BigEndian.AppendUint16(nil, min(o.Versions[0], tls.VersionTLS12))
	body = append(body, random(32)...)
	body = append(body, vector8(random(32))...) // a session ID makes TLS 1.3 pass old middleboxes, RFC 8446 appendix D.4
	body = append(body, vector16(numbers(o.Suites))...)
	body = append(body, vector8([]byte{0})...) // no compression
	if extensions := o.extensions(padding); len(extensions) > 0 {
		body = append(body, vector16(extensions)...)
	}
	return append([]byte{typeClientHello, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// extensions gives the list of extensions; SSL 3.0 has none.
func (o Offer) extensions(padding []byte) []byte {
	var list []byte
	add := func(id uint16, data []byte) {
		list = append(binary.BigEndian.AppendUint16(list, id), vector16(data)...)
	}
	if o.Versions[0] == versionSSL30 {
		return nil
	}
	if o.ServerName != "" && net.ParseIP(o.ServerName) == nil {
		add(extensionServerName, vector16(append([]byte{0}, vector16([]byte(o.ServerName))...)))
	}
	add(extensionGroups, vector16(numbers(o.Groups)))
	add(extensionPointFormats, vector8([]byte{0}))
	if o.Versions[0] >= tls.VersionTLS12 {
		add(extensionSignatures, vector16(numbers(signatureSchemes())))
	}
	if o.Versions[0] == tls.VersionTLS13 {
		add(extensionSupportedVersions, vector8(numbers(o.Versions)))
		add(extensionKeyShare, vector16(o.share()))
	}
	if padding != nil {
		add(extensionPadding, padding)
	}
	return list
}

// share gives the list of key shares.
func (o Offer) share() []byte {
	if !o.Shared {
		return nil
	}
	share := binary.BigEndian.AppendUint16(nil, uint16(tls.X25519))
	return append(share, vector16(random(32))...) // 32 bytes of any value are a key, RFC 7748 section 5
}

// signatureSchemes are those of RFC 8446 section 4.2.3 and the old ones with
// SHA-1, SHA-224 and DSA, so that no server has to refuse for want of one.
func signatureSchemes() []uint16 {
	return []uint16{
		0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b,
		0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0302, 0x0402, 0x0502, 0x0602, 0x0202,
	}
}

func numbers(list []uint16) []byte {
	var data []byte
	for _, n := range list {
		data = binary.BigEndian.AppendUint16(data, n)
	}
	return data
}

// vector8 and vector16 put the length in front of data (RFC 8446 section 3.4).
func vector8(data []byte) []byte { return append([]byte{byte(len(data))}, data...) }

func vector16(data []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(data))), data...)
}

func random(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.Read(data) // never fails
	return data
}
