package mail

import "time"

// TLSFacts are what a handshake showed. Handshake and verdict are apart: a
// handshake that ended well with a certificate that must not be believed has
// facts and a Failure.
type TLSFacts struct {
	Version      string        `json:"version,omitempty"` // "TLS 1.3"
	Cipher       string        `json:"cipher,omitempty"`  // the IANA name of the suite
	Group        string        `json:"group,omitempty"`   // the key exchange group
	ServerName   string        `json:"server_name,omitempty"`
	Certificates []Certificate `json:"certificates,omitempty"` // as sent, the server's own first

	// Attempt tells a further handshake from the one that counts: "classical"
	// (no post-quantum key share), "tls-1.2" (nothing newer), "legacy" (everything
	// since SSL 3.0, up to the server's choice and no further), "small" (nothing that
	// any server has, so that the answer is a refusal in one small packet), "survey"
	// (many handshakes, see Survey). What it shows is no proof that mail programs can
	// use the server.
	Attempt           string             `json:"attempt,omitempty"`
	Alert             uint8              `json:"alert,omitempty"`              // the number of the alert with which the server ended the handshake, RFC 8446 section 6
	ClientCertificate CertificateRequest `json:"client_certificate,omitempty"` // whether the server asks for a certificate of the client

	// ALPN is the protocol that the server chose, RFC 7301. Mail programs offer
	// none, and neither does the handshake that counts: some servers break off for
	// a name that they do not know.
	ALPN string `json:"alpn,omitempty"`

	// CertificateFault says what is wrong with the server's certificates where that
	// is neither date nor name nor a question of trust.
	CertificateFault CertificateFault `json:"certificate_fault,omitempty"`

	// What came of the user's own certificate, where one was given and the server asked for one.
	ClientCertificateAnswer CertificateAnswer `json:"client_certificate_answer,omitempty"`
	ClientAuthorities       []string          `json:"client_authorities,omitempty"` // the common names of those from whom the server wants one, as it lists them; ten at most
	ClientIssuer            string            `json:"client_issuer,omitempty"`      // who issued one that is from none of them

	MatchedName  string      `json:"matched_name,omitempty"`          // the name in the certificate that fits the host, RFC 9525 section 6.3
	Identities   []Identity  `json:"identities,omitempty"`            // every name that would prove the server, and what in the certificate does
	LifetimeLeft *int        `json:"lifetime_left_percent,omitempty"` // how much of its lifetime the server's own certificate had left then; 0 where it is over
	Chain        []string    `json:"chain,omitempty"`                 // subjects from the server's own certificate to a trusted root, as built; none where none can be
	ChainNotes   []ChainNote `json:"chain_notes,omitempty"`           // what is odd about the certificates as sent
	Stapled      OCSPStatus  `json:"stapled,omitempty"`               // the status that the server sent with its certificate, RFC 6066 section 8

	Survey *TLSSurvey `json:"survey,omitempty"` // of the attempt "survey", which is about all that the server takes
}

// A CertificateFault is what makes certificates unusable, whoever signed them.
type CertificateFault string

// The faults. The first four end the handshake before anybody asks whether to
// believe the certificate.
const (
	CertificateUnreadable  CertificateFault = "unreadable"           // it breaks the rules of X.509 (RFC 5280 section 4)
	CertificateKeyTooBig   CertificateFault = "key-too-big"          // an RSA key of more than 8192 bits
	CertificateKeyTooTiny  CertificateFault = "key-too-small"        // an RSA key of less than 1024 bits
	CertificatesTooLarge   CertificateFault = "too-large"            // all that is sent takes more than 256 KiB
	SignatureOutdated      CertificateFault = "old-signature"        // signed with MD5 or SHA-1, which programs no longer accept (RFC 9155)
	NameNotPermitted       CertificateFault = "name-not-permitted"   // its authority must not sign for the name (RFC 5280 section 4.2.1.10)
	IntermediateNotValid   CertificateFault = "intermediate-expired" // one above it is out of date
	IntermediateMayNotSign CertificateFault = "intermediate-unfit"   // one above it must not sign others, or not so many
)

// EndsHandshake reports whether a handshake cannot be completed for f.
func (f CertificateFault) EndsHandshake() bool {
	switch f {
	case CertificateUnreadable, CertificateKeyTooBig, CertificateKeyTooTiny, CertificatesTooLarge:
		return true
	}
	return false
}

// An Identity is a name by which a program may look for the server in its
// certificate, RFC 9525 section 6.1.
type Identity struct {
	Kind      IdentityKind `json:"kind"`
	Name      string       `json:"name"`
	MatchedBy string       `json:"matched_by"` // the name in the certificate that fits; "" where none does
}

// IdentityKind says where a name comes from that a server is to prove.
type IdentityKind string

// The kinds. Every program looks for the host, whether a person or an SRV record
// named it. Those that found the server by SRV records may look for the other
// two as well (RFC 7817 section 3); few do.
const (
	IdentityHost       IdentityKind = "host"
	IdentityMailDomain IdentityKind = "mail-domain" // the domain of the address
	IdentitySRVName    IdentityKind = "srv-name"    // service and domain of the address, as _imaps.example.org (RFC 4985)
)

// A ChainNote is something odd about the certificates that a server sent.
type ChainNote string

// The notes. A list in the wrong order and roots that nobody needs are harmless
// to most programs; what is missing is not.
const (
	ChainOrder    ChainNote = "order"    // not each is followed by the one that signed it, RFC 8446 section 4.4.2
	ChainExtra    ChainNote = "extra"    // some have nothing to do with the chain
	ChainRepeated ChainNote = "repeated" // some stand in it twice
	ChainRoot     ChainNote = "root"     // the root is sent, which every program has or must not believe
	ChainMissing  ChainNote = "missing"  // an intermediate certificate was not sent
)

// OCSPStatus is what a stapled answer says of the certificate, RFC 6960 section 2.2.
type OCSPStatus string

// The states. A server that staples nothing has none.
const (
	OCSPGood    OCSPStatus = "good"
	OCSPRevoked OCSPStatus = "revoked"
	OCSPUnknown OCSPStatus = "unknown" // the authority does not know the certificate
	OCSPStale   OCSPStatus = "stale"   // the answer is out of date
	OCSPInvalid OCSPStatus = "invalid" // not an answer, not about this certificate, or not signed by who may
)

// CertificateRequest says how a server asks for a certificate of the client.
type CertificateRequest string

// The ways to ask; a server that does not ask has none.
const (
	CertificateOptional CertificateRequest = "optional" // it asks, and goes on without one as far as was seen
	CertificateRequired CertificateRequest = "required" // it ends the connection without one
)

// CertificateAnswer says what became of the user's certificate.
type CertificateAnswer string

// The answers to a server that asks.
const (
	CertificateShown      CertificateAnswer = "shown"      // it was presented, and the server went on
	CertificateRejected   CertificateAnswer = "rejected"   // it was presented, and the server ended the connection
	CertificateUnsuitable CertificateAnswer = "unsuitable" // it was kept back: the server lists authorities or signatures, and it has none of them
	CertificateWithheld   CertificateAnswer = "withheld"   // it was kept back: the server's own certificate does not prove the host
)

// Certificate is one X.509 certificate as a server sent it.
type Certificate struct {
	Subject    string    `json:"subject"`
	Names      []string  `json:"names"` // DNS names and IP addresses of the subjectAltName
	Issuer     string    `json:"issuer"`
	NotBefore  time.Time `json:"not_before"`
	NotAfter   time.Time `json:"not_after"`
	Key        string    `json:"key"` // "ECDSA P-256", "RSA 2048"
	SelfSigned bool      `json:"self_signed,omitempty"`

	Serial string `json:"serial,omitempty"` // the serial number, in hexadecimal
	SHA256 string `json:"sha256,omitempty"` // the fingerprint, in hexadecimal: SHA-256 of the whole certificate

	ServiceNames []string `json:"service_names,omitempty"` // the SRVName entries of the subjectAltName, as _imaps.example.org (RFC 4985)

	Signature string   `json:"signature,omitempty"` // how it was signed: "ECDSA-SHA256", "SHA256-RSA"
	Exponent  int      `json:"exponent,omitempty"`  // of an RSA key, where it is smaller than the usual 65537
	Usages    []string `json:"usages,omitempty"`    // the extended key usages: server, client, any, and others by number; none for all
	Authority bool     `json:"authority,omitempty"` // it may sign others
}
