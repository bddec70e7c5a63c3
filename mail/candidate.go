package mail

import (
	"encoding/json"
	"slices"
)

// Source is who claims a setting.
type Source string

// The sources.
const (
	SourcePACC         Source = "pacc"
	SourceAutoconfig   Source = "autoconfig"
	SourceAutodiscover Source = "autodiscover"
	SourceSRV          Source = "srv" // RFC 6186, RFC 8314
	SourceISPDB        Source = "ispdb"
	SourceProvider     Source = "provider" // the table built into mailmedic
	SourceMX           Source = "mx"
	SourceTXT          Source = "txt"
	SourceJMAP         Source = "jmap"
	SourceGuess        Source = "guess"
	SourceUser         Source = "user"
)

// Trust says how far a claim can be believed.
type Trust string

// The classes of trust, best first.
const (
	TrustUser          Trust = "user"          // named by the user
	TrustAuthenticated Trust = "authenticated" // own domain over verified HTTPS at every hop, or DNSSEC
	TrustVouched       Trust = "vouched"       // ISPDB, or a built-in provider by domain or by MX
	TrustDNS           Trust = "dns"           // plain DNS, target inside the domain
	TrustRedirected    Trust = "redirected"    // MX-derived, out-of-domain target, parent domain's document
	TrustCleartext     Trust = "cleartext"     // an http hop
	TrustGuess         Trust = "guess"
)

var trustOrder = []Trust{TrustUser, TrustAuthenticated, TrustVouched, TrustDNS, TrustRedirected, TrustCleartext, TrustGuess}

// Rank gives the place of t in the order of trust: 0 is the most trusted, an unknown class comes last.
func (t Trust) Rank() int {
	if i := slices.Index(trustOrder, t); i >= 0 {
		return i
	}
	return len(trustOrder)
}

// Claim is what one source says about an endpoint.
type Claim struct {
	Source   Source   `json:"source"`
	Trust    Trust    `json:"trust"`
	Username string   `json:"username,omitempty"` // the user name to sign in with; empty where the source does not say
	Auth     []string `json:"auth,omitempty"`     // SASL names in lower case, best first; oauth2 while only published
	Priority int      `json:"priority,omitempty"` // SRV priority or MX preference: lower first
	Weight   int      `json:"weight,omitempty"`   // SRV weight: heavier first among equal priorities
	Implied  bool     `json:"implied,omitempty"`  // the user named the host, and the port is one of those that this may mean
	Evidence []string `json:"evidence,omitempty"` // ids of the observations that the claim rests on

	OAuth         *OAuth         `json:"oauth,omitempty"`
	LeaveOnServer *LeaveOnServer `json:"leave_on_server,omitempty"` // POP3 only
}

// OAuth is where an OAuth 2.0 token for a server comes from, as a source says it.
type OAuth struct {
	Issuer    string   `json:"issuer,omitempty"` // RFC 8414
	AuthURL   string   `json:"auth_url,omitempty"`
	TokenURL  string   `json:"token_url,omitempty"`
	DeviceURL string   `json:"device_url,omitempty"` // RFC 8628
	Scopes    []string `json:"scopes,omitempty"`
}

// LeaveOnServer is what a source advises about messages that POP3 has fetched.
type LeaveOnServer struct {
	Leave Fact `json:"leave"`
	Days  int  `json:"days,omitempty"` // 0 for no limit
}

// Proof says how far a setting was proved.
type Proof string

// The proofs, weakest first.
const (
	Published Proof = "published"  // a source says so
	Reachable Proof = "reachable"  // a TCP connection was made
	Handshake Proof = "handshake"  // TLS verified, capabilities read
	SignedIn  Proof = "signed-in"  // somebody signed in
	RoundTrip Proof = "round-trip" // a message went out and came back
)

var proofOrder = []Proof{Published, Reachable, Handshake, SignedIn, RoundTrip}

// Rank gives the place of p in the order of proof: 0 is the weakest, an unknown proof counts as the weakest.
func (p Proof) Rank() int { return max(0, slices.Index(proofOrder, p)) }

// Candidate is an endpoint in a role with everything that is claimed about it.
// Role and Endpoint together are its identity.
type Candidate struct {
	Endpoint Endpoint
	Role     Role
	Claims   []Claim // most trusted first
	Proof    Proof
}

// Trust gives the trust of the best claim.
func (c Candidate) Trust() Trust {
	best := Trust("")
	for _, claim := range c.Claims {
		if best == "" || claim.Trust.Rank() < best.Rank() {
			best = claim.Trust
		}
	}
	return best
}

// Guessed reports whether nobody but a guess names c.
func (c Candidate) Guessed() bool { return c.Trust() == TrustGuess }

// Sources gives the distinct sources of the claims, in the order of the claims.
func (c Candidate) Sources() []Source {
	var sources []Source
	for _, claim := range c.Claims {
		if !slices.Contains(sources, claim.Source) {
			sources = append(sources, claim.Source)
		}
	}
	return sources
}

type candidateJSON struct {
	Endpoint Endpoint `json:"endpoint"`
	Role     Role     `json:"role"`
	Protocol Protocol `json:"protocol"`
	Host     string   `json:"host"`
	Port     uint16   `json:"port"`
	Security Security `json:"security"`
	Claims   []Claim  `json:"claims"`
	Proof    Proof    `json:"proof"`
}

// MarshalJSON writes the endpoint both as text and in parts.
func (c Candidate) MarshalJSON() ([]byte, error) {
	e := c.Endpoint
	return json.Marshal(candidateJSON{e, c.Role, e.Protocol, e.Host, e.Port, e.Security, nonNil(c.Claims), c.Proof})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Candidate) UnmarshalJSON(data []byte) error {
	var j candidateJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*c = Candidate{Endpoint: j.Endpoint, Role: j.Role, Claims: j.Claims, Proof: j.Proof}
	return nil
}
