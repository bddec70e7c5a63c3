package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// certificateFaultRule is about certificates that nobody can use, whoever signed them.
func certificateFaultRule() rule {
	return rule{
		id: "tls.certificate-unusable", looksFor: "a server's certificate cannot be used, whoever signed it",
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
			string(mail.SignatureOutdated): {
				title:  "The certificate of {hosts} is signed in a way that is out of use[ ({signature})]",
				detail: "Such signatures can be forged, so programs of today treat the certificate as one that nobody vouches for and refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "Get a new certificate that is signed with SHA-256; every public authority does that.",
			},
			string(mail.NameNotPermitted): {
				title:  "The certificate of {hosts} comes from an authority that must not vouch for that name[: {issuer}]",
				detail: "The authority is bound to other names (name constraints), so mail programs refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "Get a certificate from an authority that may sign for {host}, or let this one be issued without that bound.",
			},
			string(mail.IntermediateNotValid): {
				title:  "{hosts} {hosts:sends|send} an intermediate certificate that is out of date",
				detail: "The server's own certificate is good, the one that links it to a trusted root is not. Some programs find another way by themselves, others refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "Fetch the current chain file of the certificate authority, install it with the certificate, and reload the server.",
			},
			string(mail.IntermediateMayNotSign): {
				title:  "{hosts} {hosts:sends|send} a chain with a certificate in it that must not sign others",
				detail: "A certificate above the server's own is none of an authority, so mail programs believe nothing below it and refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "Install the chain file that belongs to the certificate, or get the certificate from another authority.",
			},
			string(mail.CertificatesTooLarge): {
				title:  "{hosts} {hosts:sends|send} more certificates than any program takes",
				detail: "All that is sent with the handshake is larger than 256 KiB, so mail programs break off and cannot {task} mail ({ports:port|ports} {ports}).",
				fix:    "Send the server's own certificate and those that lead to the root, and nothing else.",
			},
		},
		silences: []silence{{[]string{"tls.certificate-weak", "tls.chain-incomplete", "tls.handshake-failed", "tls.certificate-untrusted", "tls.version-intolerance", "tls.obsolete-ciphers", "server.protocol-fault"}, sameServers}},
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

// stoppedByCertificate reports whether it is no date and no name that stopped s.
func (s *server) stoppedByCertificate() bool {
	switch s.faultClass() {
	case mail.CertUntrusted, mail.CertChain, mail.TooLarge:
		return true
	}
	return s.lostHandshake()
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
	hits := grouped(x.serversWhere(func(s *server) bool {
		return s.lostHandshake() && s.oddCertificate() || kind(s) != "" && s.stoppedByCertificate()
	}), kind)
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
		if c, ok := h.servers[0].certificate(); ok {
			hits[i].params["signature"], hits[i].params["issuer"] = c.Signature, said(issuerName(c))
		}
	}
	return separate(hits)
}
