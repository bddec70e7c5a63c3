package mail

// TLSSurvey is what a server takes of all that TLS has, found out over many
// handshakes that were begun and broken off. What was not asked is not known,
// and never "no".
type TLSSurvey struct {
	Versions []SurveyedVersion `json:"versions"` // newest first, TLS 1.3 to SSL 3.0

	// Groups are the key exchange groups that the server takes, those of TLS 1.3
	// where it speaks that and else its elliptic curves, in the order found.
	Groups         []string `json:"groups"`
	GroupsComplete bool     `json:"groups_complete"`   // everything else that was known to ask for is refused
	PostQuantum    Fact     `json:"post_quantum"`      // whether one of them withstands a quantum computer
	DHBits         int      `json:"dh_bits,omitempty"` // of the smallest prime that the server signs for Diffie-Hellman up to TLS 1.2

	ALPN ALPNAnswer `json:"alpn,omitempty"` // how the server takes it when its own protocol is offered, RFC 7301

	// WithoutName is what the server shows to programs that send no server name
	// (RFC 6066 section 3), and OtherCertificate what it shows to them where that
	// is not what it shows to all others.
	WithoutName      NameDependence `json:"without_name,omitempty"`
	OtherCertificate *Certificate   `json:"other_certificate,omitempty"`

	Connections int    `json:"connections"`       // made for all this
	Stopped     string `json:"stopped,omitempty"` // why the survey ended early, for people
}

// SurveyedVersion is one version of TLS.
type SurveyedVersion struct {
	Version  string     `json:"version"`         // "TLS 1.2"
	Offered  Fact       `json:"offered"`         // whether the server takes it
	Suites   []string   `json:"suites"`          // the IANA names of the cipher suites that it takes, in the order that Order names; null where none was asked for
	Complete bool       `json:"complete"`        // everything else that was known to ask for is refused
	Order    SuiteOrder `json:"order,omitempty"` // who decides; not known for less than two suites
}

// SuiteOrder says whose preference decides about the cipher suite.
type SuiteOrder string

// The orders.
const (
	ServerOrder SuiteOrder = "server" // the list of suites is in the server's order
	ClientOrder SuiteOrder = "client" // the list is in the order in which they were offered
)

// ALPNAnswer is what a server does with the name of its own protocol in ALPN.
type ALPNAnswer string

// The answers.
const (
	ALPNChosen  ALPNAnswer = "chosen"  // it confirms the protocol
	ALPNIgnored ALPNAnswer = "ignored" // it does not answer to it, as most mail servers
	ALPNRefused ALPNAnswer = "refused" // it ends the handshake
)

// NameDependence says what a server does for a client that sends no server name.
type NameDependence string

// The ways.
const (
	SameWithoutName    NameDependence = "same"    // the same certificate
	OtherWithoutName   NameDependence = "other"   // another certificate
	RefusedWithoutName NameDependence = "refused" // it ends the handshake
)
