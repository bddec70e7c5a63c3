package lab

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
)

// handshake is how the step TLS of a script differs from what the server does
// otherwise; the names are those of the keys of servers.toml.
type handshake struct {
	certificate       string
	clientCertificate string
	versions          []string
}

// parseHandshake reads key=value pairs with a space between.
func parseHandshake(text string) (h handshake, err error) {
	for _, word := range strings.Fields(text) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "certificate":
			h.certificate, err = value, oneOf(key, value, certificateKinds)
		case "client_certificate":
			h.clientCertificate, err = value, oneOf(key, value, clientCertificates)
		case "tls_versions":
			for v := range strings.SplitSeq(value, ",") {
				h.versions = append(h.versions, v)
				if err == nil {
					err = oneOf(key, v, tlsVersionNames)
				}
			}
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return handshake{}, err
		}
	}
	return h, nil
}

// shake does a handshake and reports whether it was completed.
func (s *session) shake(h handshake) bool {
	differs := h.certificate != "" || h.clientCertificate != "" || h.versions != nil
	if differs {
		other := *s.service
		other.Certificate.Kind = orElse(h.certificate, other.Certificate.Kind)
		other.ClientCertificate = orElse(h.clientCertificate, other.ClientCertificate)
		if h.versions != nil {
			other.TLSVersions = h.versions
		}
		config, err := s.running.serverTLS(&other)
		if err != nil {
			return false
		}
		s.config = config
	}
	return s.upgrade() == nil
}

// clientAuth says what is asked of the client.
func clientAuth(wanted string) tls.ClientAuthType {
	switch wanted {
	case "optional":
		return tls.VerifyClientCertIfGiven
	case "required":
		return tls.RequireAndVerifyClientCert
	}
	return tls.NoClientCert
}

// peekedConn is a connection of which a reader has taken the beginning.
type peekedConn struct {
	net.Conn
	in interface{ Read([]byte) (int, error) }
}

func (c peekedConn) Read(b []byte) (int, error) { return c.in.Read(b) }
