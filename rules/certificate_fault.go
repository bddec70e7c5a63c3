package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// certificateFaultRule is about certificates over which a handshake fails before
// anybody asks whether to believe them.
func certificateFaultRule() rule {
	return rule{
		id: "tls.certificate-unusable", looksFor: "a handshake fails over what a server's certificate is",
		severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
		references: []string{"RFC 5280 section 4", "RFC 8446 section 4.4.2.2"},
		words: words{
			title:  "The certificate of {hosts} is of a kind that mail programs of today do not take ({ports:port|ports} {ports})",
			detail: "Version and cipher would do, but its key or its signature is of a sort that is out of use or that hardly anybody knows, so no encrypted connection comes about and mail programs cannot {task} mail.",
			fix:    "Issue the certificate anew with an ECDSA key on P-256 or an RSA key of 2048 bits, signed with SHA-256.",
		},
		variants: map[string]words{
			string(mail.CertificateUnreadable): {
				title:  "The certificate of {hosts} breaks the rules for certificates[: {fault}]",
				detail: "Strict programs cannot read it and refuse to {task} mail; lenient ones may get on with it ({ports:port|ports} {ports}).",
				fix:    "Issue the certificate anew with up-to-date software. Names with other letters than a to z belong into it as A-labels (xn--…).",
			},
			string(mail.CertificateKeyTooBig): {
				title:  "The certificate of {hosts} has a key of more than 8192 bits",
				detail: "That takes so long to work with that many programs refuse to {task} mail with it ({ports:port|ports} {ports}).",
				fix:    "Issue the certificate anew with an ECDSA key on P-256 or an RSA key of 2048 to 4096 bits.",
			},
			string(mail.CertificateKeyTooTiny): {
				title:  "The certificate of {hosts} has a key of less than 1024 bits",
				detail: "Anybody can break such a key within a day, so every program of today refuses to {task} mail with it ({ports:port|ports} {ports}).",
				fix:    "Issue the certificate anew with an ECDSA key on P-256 or an RSA key of 2048 bits or more, and change the passwords that went to this server.",
			},
			string(mail.CertificatesTooLarge): {
				title:  "{hosts} {hosts:sends|send} more certificates than any program takes",
				detail: "All that is sent with the handshake is larger than 256 KiB, so mail programs break off and cannot {task} mail ({ports:port|ports} {ports}).",
				fix:    "Send the server's own certificate and those that lead to the root, and nothing else.",
			},
		},
		silences: []silence{{[]string{"tls.handshake-failed", "tls.certificate-untrusted", "tls.version-intolerance", "tls.obsolete-ciphers", "server.protocol-fault"}, sameServers}},
		check:    (*index).findUnusableCertificate,
	}
}

// certificateFault gives what keeps the certificate from being looked at, and
// where that was seen; "" where nothing does.
func (s *server) certificateFault() (mail.CertificateFault, mail.Observation) {
	for _, o := range slices.Concat(s.handshakes, s.ladder) {
		if o.TLSFacts != nil && o.CertificateFault != "" {
			return o.CertificateFault, o
		}
	}
	return "", mail.Observation{}
}

// oddCertificate reports whether nothing but the certificate can have kept the
// handshake from coming about: offered everything, the server chooses what is
// good today. One that has shown a certificate, or speaks of a fault of its own,
// is another matter: it cannot use its key.
func (s *server) oddCertificate() bool {
	return s.lostHandshake() && s.choosesWell() && !slices.ContainsFunc(slices.Concat(s.handshakes, s.ladder), func(o mail.Observation) bool {
		return o.TLSFacts != nil && (len(o.Certificates) > 0 || o.Alert == internalError)
	})
}

// internalError is the alert of RFC 8446 section 6.2 for what has nothing to do with the peer.
const internalError = 80

// goodSuite reports whether the handshake that counts offers a cipher suite: those
// of TLS 1.3, and with an ephemeral key on a curve AES-GCM, ChaCha20 and AES-CBC with SHA-1.
func goodSuite(name string) bool {
	rest, ephemeral := strings.CutPrefix(name, "TLS_ECDHE_")
	if !ephemeral {
		return strings.HasPrefix(name, "TLS_AES_") || strings.HasPrefix(name, "TLS_CHACHA20_")
	}
	_, cipher, _ := strings.Cut(rest, "_WITH_")
	return strings.HasPrefix(cipher, "CHACHA20_") || strings.HasPrefix(cipher, "AES_") && (strings.Contains(cipher, "_GCM_") || strings.HasSuffix(cipher, "_CBC_SHA"))
}

func (x *index) findUnusableCertificate() []hit {
	kind := func(s *server) string {
		fault, _ := s.certificateFault()
		return string(fault)
	}
	hits := grouped(x.serversWhere(func(s *server) bool { return s.fault != nil && (kind(s) != "" || s.oddCertificate()) }), kind)
	for i, h := range hits {
		fault, o := h.servers[0].certificateFault()
		hits[i].variant = string(fault)
		if fault == "" {
			hits[i].evidence = ids(h.servers[0].ladder)
			continue
		}
		hits[i].evidence = []string{o.ID}
		_, why, _ := strings.Cut(o.Failure.Detail, "cannot be read: ")
		hits[i].params = params{"fault": said(why)}
	}
	return separate(hits)
}
