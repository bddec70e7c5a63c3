package mail

// Class names the kind of a failure. Classes are part of the JSON contract;
// what has no class of its own takes the nearest one and a finding.
type Class string

// The failure classes.
const (
	DNSNXDomain        Class = "dns-nxdomain"         // the name does not exist, RFC 8020
	DNSNoData          Class = "dns-nodata"           // the name exists without such a record, RFC 2308
	DNSServFail        Class = "dns-servfail"         // the resolver answered SERVFAIL, REFUSED or nonsense
	DNSTimeout         Class = "dns-timeout"          // no resolver answered
	Refused            Class = "refused"              // nothing listens on the port
	Timeout            Class = "timeout"              // no answer to a connection attempt or a command
	Unreachable        Class = "unreachable"          // no route, or the network said so
	Reset              Class = "reset"                // the peer sent RST
	Closed             Class = "closed"               // the peer ended the connection too early
	TLSVersion         Class = "tls-version"          // no TLS version in common
	TLSAlert           Class = "tls-alert"            // the server ended the handshake with an alert
	TLSNotSpoken       Class = "tls-not-spoken"       // a ClientHello was answered by something that is not TLS
	PlaintextExpected  Class = "plaintext-expected"   // plain text was due, the server speaks TLS
	CertExpired        Class = "cert-expired"         // notAfter has passed
	CertNotYetValid    Class = "cert-not-yet-valid"   // notBefore is still to come
	CertName           Class = "cert-name"            // no reference identifier matches, RFC 9525
	CertUntrusted      Class = "cert-untrusted"       // self-signed, or signed by an authority that is not trusted
	CertChain          Class = "cert-chain"           // an intermediate certificate is missing or wrong
	StartTLSNotOffered Class = "starttls-not-offered" // the capability is missing
	StartTLSRefused    Class = "starttls-refused"     // offered, and refused when asked for
	StartTLSInjection  Class = "starttls-injection"   // plain text arrived between the answer and the handshake
	ProtocolFault      Class = "protocol"             // the server broke the protocol, or speaks another one
	GreetingRejected   Class = "greeting-rejected"    // the greeting was a refusal
	GreetingTimeout    Class = "greeting-timeout"     // connected, and no greeting came
	TooLarge           Class = "too-large"            // a bound on what is read was reached
	AuthRejected       Class = "auth-rejected"        // the credentials were rejected
	AuthUnavailable    Class = "auth-unavailable"     // this way to sign in is not offered or not possible
	AuthTemporary      Class = "auth-temporary"       // the server cannot check credentials now
	PolicyRefused      Class = "policy"               // mailmedic or its user does not allow it
	HTTPStatus         Class = "http-status"          // an answer that is not 200
	HTTPBody           Class = "http-body"            // an answer that is not the document asked for
	Deadline           Class = "deadline"             // the run's time was over
)

// Certificate reports whether only the certificate is at fault: the handshake
// itself went well.
func (c Class) Certificate() bool {
	switch c {
	case CertExpired, CertNotYetValid, CertName, CertUntrusted, CertChain:
		return true
	}
	return false
}

// Failure says why an observation is not what one hopes for.
type Failure struct {
	Class  Class  `json:"class"`
	Detail string `json:"detail"` // for people; text of servers in it is bounded and carries no secret
}
