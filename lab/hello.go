package lab

import (
	"crypto/tls"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// The parts of TLS that crypto/tls does not export (RFC 8446 sections 4 and 5).
const (
	recordAlert     = 21
	recordHandshake = 22
	recordHeader    = 5 // bytes

	typeClientHello = 1
	typeServerHello = 2

	extensionServerName        = 0
	extensionGroups            = 10
	extensionALPN              = 16
	extensionSupportedVersions = 43
	extensionKeyShare          = 51

	versionSSL30 = 0x0300
)

// clientHello is what a client offers (RFC 8446 section 4.1.2): by field, the
// values as a world's file writes them. "size" and "share" are numbers of bytes.
type clientHello map[string][]string

// helloFields are the fields that a script can ask for.
var helloFields = []string{"version", "suite", "group", "name", "alpn", "share", "size"}

// readHello waits for what the client sends next, and gives its ClientHello
// without taking it. It is nil for what is none, or has no end in one record.
func (s *session) readHello() clientHello {
	header, err := s.in.Peek(recordHeader)
	if s.met = true; err != nil || header[0] != recordHandshake {
		return nil
	}
	record, err := s.in.Peek(recordHeader + int(header[3])<<8 + int(header[4]))
	if err != nil {
		return nil
	}
	s.peeked = true
	return parseHello(record[recordHeader:])
}

// parseHello reads a handshake message.
func parseHello(message []byte) clientHello {
	in, kind, body := cryptobyte.String(message), uint8(0), cryptobyte.String(nil)
	if !in.ReadUint8(&kind) || kind != typeClientHello || !in.ReadUint24LengthPrefixed(&body) {
		return nil
	}
	hello := clientHello{"size": {strconv.Itoa(len(message))}}
	var version uint16
	var session, suites, compression, extensions cryptobyte.String
	if !body.ReadUint16(&version) || !body.Skip(32) || !body.ReadUint8LengthPrefixed(&session) ||
		!body.ReadUint16LengthPrefixed(&suites) || !body.ReadUint8LengthPrefixed(&compression) {
		return nil
	}
	for v := version; v >= versionSSL30; v-- { // a version stands for all before it, unless an extension lists them
		hello.add("version", versionName(v))
	}
	hello.addNumbers("suite", suites, suiteName)
	if body.Empty() {
		return hello
	}
	if !body.ReadUint16LengthPrefixed(&extensions) || !hello.addExtensions(extensions) {
		return nil
	}
	return hello
}

func (h clientHello) add(field, value string) { h[field] = append(h[field], value) }

func (h clientHello) addNumbers(field string, list cryptobyte.String, name func(uint16) string) {
	for n := uint16(0); list.ReadUint16(&n); {
		h.add(field, name(n))
	}
}

func (h clientHello) addExtensions(list cryptobyte.String) bool {
	for !list.Empty() {
		var id uint16
		var data cryptobyte.String
		if !list.ReadUint16(&id) || !list.ReadUint16LengthPrefixed(&data) || !h.addExtension(id, data) {
			return false
		}
	}
	return true
}

func (h clientHello) addExtension(id uint16, data cryptobyte.String) bool {
	var list, value cryptobyte.String
	switch id {
	case extensionSupportedVersions:
		delete(h, "version")
		ok := data.ReadUint8LengthPrefixed(&list)
		h.addNumbers("version", list, versionName)
		return ok
	case extensionGroups:
		ok := data.ReadUint16LengthPrefixed(&list)
		h.addNumbers("group", list, func(n uint16) string { return tls.CurveID(n).String() })
		return ok
	case extensionServerName:
		if !data.ReadUint16LengthPrefixed(&list) || !list.Skip(1) || !list.ReadUint16LengthPrefixed(&value) {
			return false
		}
		h.add("name", string(value))
	case extensionALPN:
		if !data.ReadUint16LengthPrefixed(&list) {
			return false
		}
		for list.ReadUint8LengthPrefixed(&value) {
			h.add("alpn", string(value))
		}
	case extensionKeyShare:
		h.add("share", strconv.Itoa(len(data)))
	}
	return true
}

// versionNames are the versions of TLS as a world's file writes them.
var versionNames = map[string]uint16{
	"ssl3": versionSSL30, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

func versionName(id uint16) string {
	for name, known := range versionNames {
		if known == id {
			return name
		}
	}
	return fmt.Sprintf("%04x", id)
}

// suiteName gives the name that the registry of IANA has for a suite, as far as
// crypto/tls knows it, and else its number in four hexadecimal digits.
func suiteName(id uint16) string {
	if name := tls.CipherSuiteName(id); strings.HasPrefix(name, "TLS_") {
		return name
	}
	return fmt.Sprintf("%04x", id)
}

// suiteNumber is the reverse of suiteName.
func suiteNumber(name string) (uint16, error) {
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, suite := range list {
			if suite.Name == name {
				return suite.ID, nil
			}
		}
	}
	id, err := strconv.ParseUint(name, 16, 16)
	if err != nil || len(name) != 4 {
		return 0, fmt.Errorf("there is no suite %q; write its number as four hexadecimal digits", name)
	}
	return uint16(id), nil
}

// serverHello gives the record with a ServerHello (RFC 8446 section 4.1.3) that
// chooses a version and a suite. Its keys are made up: nothing comes after it.
func serverHello(text string) (string, error) {
	version, name, _ := strings.Cut(text, " ")
	id, ok := versionNames[version]
	if !ok {
		return "", fmt.Errorf("there is no version %q", version)
	}
	suite, err := suiteNumber(name)
	if err != nil {
		return "", err
	}
	var b cryptobyte.Builder
	b.AddUint8(recordHandshake)
	b.AddUint16(min(id, tls.VersionTLS12))
	b.AddUint16LengthPrefixed(func(record *cryptobyte.Builder) {
		record.AddUint8(typeServerHello)
		record.AddUint24LengthPrefixed(func(body *cryptobyte.Builder) {
			body.AddUint16(min(id, tls.VersionTLS12))
			body.AddBytes(make([]byte, 32)) // random
			body.AddUint8(0)                // session
			body.AddUint16(suite)
			body.AddUint8(0) // compression
			if id == tls.VersionTLS13 {
				body.AddUint16LengthPrefixed(addKeys)
			}
		})
	})
	data, err := b.Bytes()
	return string(data), err
}

// addKeys adds the extensions without which there is no TLS 1.3.
func addKeys(extensions *cryptobyte.Builder) {
	extensions.AddUint16(extensionSupportedVersions)
	extensions.AddUint16LengthPrefixed(func(data *cryptobyte.Builder) { data.AddUint16(tls.VersionTLS13) })
	extensions.AddUint16(extensionKeyShare)
	extensions.AddUint16LengthPrefixed(func(data *cryptobyte.Builder) {
		data.AddUint16(uint16(tls.X25519))
		data.AddUint16LengthPrefixed(func(key *cryptobyte.Builder) { key.AddBytes(make([]byte, 32)) })
	})
}

// alert gives the record with a fatal alert (RFC 8446 section 6.2).
func alert(text string) (string, error) {
	number, err := strconv.ParseUint(text, 10, 8)
	return string([]byte{recordAlert, 3, 3, 0, 2, 2, byte(number)}), err
}
