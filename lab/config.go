package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

// Demo is what "mailmedic demo" does in a world.
type Demo struct {
	Address   string   `toml:"address"`   // an address or a domain
	User      string   `toml:"user"`      // the user name, where it is not the address
	Password  string   `toml:"password"`  // made up, and so no secret; empty for no sign-in
	Token     string   `toml:"token"`     // an OAuth 2.0 access token in place of the password
	Arguments []string `toml:"arguments"` // further arguments of the command check

	// ClientCertificate is one to sign in with, beside a password or in place of
	// one. Its name is the user name unless it has others.
	ClientCertificate *certificateConfig `toml:"client_certificate"`
}

// Account is somebody who can sign in.
type Account struct {
	User       string `toml:"user"`
	Password   string `toml:"password"`
	Token      string `toml:"token"`       // OAuth 2.0 access token; empty where there is none
	Messages   int    `toml:"messages"`    // in the inbox
	QuotaUsed  int64  `toml:"quota_used"`  // bytes
	QuotaLimit int64  `toml:"quota_limit"` // bytes; 0 for no quota
}

type config struct {
	Demo     Demo            `toml:"demo"`
	Time     timeConfig      `toml:"time"`
	Control  controlConfig   `toml:"control"`
	DNS      dnsConfig       `toml:"dns"`
	Others   []resolver      `toml:"resolver"`
	Network  []networkConfig `toml:"network"`
	Accounts []Account       `toml:"account"`
	Servers  []serverConfig  `toml:"server"`
	Web      []webConfig     `toml:"web"`
	Pages    []pageConfig    `toml:"page"`
	Issuers  []oauthConfig   `toml:"oauth"`
}

// timeConfig is what time it is in a world.
type timeConfig struct {
	DaysAhead int `toml:"days_ahead"` // of the client's clock; negative behind it
}

// controlConfig names the servers that a client of the world compares others with.
type controlConfig struct {
	Hosts []mail.Endpoint `toml:"hosts"`
}

type dnsConfig struct {
	Resolver netip.Addr `toml:"resolver"`
	access
	Secure []string   `toml:"secure"`
	Faults []dnsFault `toml:"fault"`
}

// access is how a resolver can be asked besides UDP and TCP.
type access struct {
	TLS         string            `toml:"tls"`   // host
	HTTPS       string            `toml:"https"` // URL
	Certificate certificateConfig `toml:"certificate"`
}

type dnsFault struct {
	Name     string     `toml:"name"`
	Type     string     `toml:"type"`
	Resolver netip.Addr `toml:"resolver"` // every one when it is left out
	Fault    string     `toml:"fault"`
	Address  netip.Addr `toml:"address"`
	EDE      *uint16    `toml:"ede"`
	EDEText  string     `toml:"ede_text"`
}

type networkConfig struct {
	To      []string   `toml:"to"`
	Ports   []uint16   `toml:"ports"`
	Fault   string     `toml:"fault"`
	Address netip.Addr `toml:"address"` // of lead-to
	Port    uint16     `toml:"port"`    // of lead-to; the same when it is left out
}

type certificateConfig struct {
	Kind     string   `toml:"kind"`
	Days     int      `toml:"days"`
	Lifetime int      `toml:"lifetime"`
	Names    []string `toml:"names"`
	Services []string `toml:"services"`
	Issuer   string   `toml:"issuer"`
	Chain    string   `toml:"chain"`
}

type serverConfig struct {
	Endpoints             []mail.Endpoint   `toml:"endpoints"`
	Addresses             []netip.Addr      `toml:"addresses"`
	Certificate           certificateConfig `toml:"certificate"`
	ClientCertificate     string            `toml:"client_certificate"`
	TLSVersions           []string          `toml:"tls_versions"`
	Handshake             string            `toml:"handshake"`
	Greeting              string            `toml:"greeting"`
	GreetingDelay         time.Duration     `toml:"greeting_delay"`
	Software              string            `toml:"software"`
	Fault                 string            `toml:"fault"`
	StartTLS              string            `toml:"starttls"`
	StartTLSReply         string            `toml:"starttls_reply"`
	Capabilities          []string          `toml:"capabilities"`
	CapabilitiesBeforeTLS []string          `toml:"capabilities_before_tls"`
	Mechanisms            []string          `toml:"mechanisms"`
	MechanismsBeforeTLS   []string          `toml:"mechanisms_before_tls"`
	AuthReply             string            `toml:"auth_reply"`
	Accounts              []string          `toml:"accounts"`
	Domains               []string          `toml:"domains"`
	APOP                  bool              `toml:"apop"`
	SCRAM                 string            `toml:"scram"`
	MailReply             string            `toml:"mail_reply"`
	RcptReply             string            `toml:"rcpt_reply"`
	DataReply             string            `toml:"data_reply"`
	Delivery              delivery          `toml:"delivery"`
	Script                string            `toml:"script"`
}

type webConfig struct {
	Host        string            `toml:"host"`
	Addresses   []netip.Addr      `toml:"addresses"`
	Schemes     []string          `toml:"schemes"`
	Certificate certificateConfig `toml:"certificate"`
	CatchAll    string            `toml:"catch_all"`
	Fault       string            `toml:"fault"`
}

type pageConfig struct {
	URL      string        `toml:"url"`
	Status   int           `toml:"status"`
	Type     string        `toml:"type"`
	Location string        `toml:"location"`
	Delay    time.Duration `toml:"delay"`
	Size     int           `toml:"size"`
	Needs    string        `toml:"needs"`
}

// The words that a world may use; the empty one is the default.
var (
	certificateKinds = []string{
		"", "good", "expired", "not-yet-valid", "wrong-name", "self-signed", "unknown-ca", "leaf-only",
		"common-name", "ends-today", "client-only", "authority", "unreadable", "rsa-1024", "sha1", "constrained",
	}
	certificateChains  = []string{"", "leaf-only", "with-root", "shuffled", "extra", "wrong", "repeated"}
	tlsVersionNames    = []string{"1.0", "1.1", "1.2", "1.3"}
	clientCertificates = []string{"", "optional", "required"}
	identityKinds      = []string{"", "good", "expired", "unknown-ca"}
	handshakeFaults    = []string{"", "close", "reset", "silent", "alert"}
	serverFaults       = []string{"", "reset", "close", "silent", "close-after-greeting", "silent-after-greeting", "close-at-auth"}
	startTLSFaults     = []string{"", "absent", "unadvertised", "refused", "injection"}
	scramFaults        = []string{"", "one-iteration", "many-iterations", "wrong-nonce", "wrong-signature", "other-binding", "unknown-binding"}
	webFaults          = []string{"", "reset", "close", "silent"}
	networkFaults      = []string{"none", "drop", "refuse", "unreachable", "drop-large", "lead-to"}
	dnsFaults          = []string{"", "servfail", "bogus", "refused", "nxdomain", "rewrite", "timeout", "no-edns", "truncate"}
)

func parseConfig(data string) (config, error) {
	var c config
	meta, err := toml.Decode(data, &c)
	if err != nil {
		return config{}, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return config{}, fmt.Errorf("unknown key %q", unknown[0].String())
	}
	return c, c.validate()
}

func (c *config) validate() error {
	if own := c.Demo.ClientCertificate; own != nil {
		if err := oneOf("demo.client_certificate.kind", own.Kind, identityKinds); err != nil {
			return err
		}
	}
	for _, f := range c.DNS.Faults {
		if err := f.validate(); err != nil {
			return err
		}
	}
	for _, n := range c.Network {
		if err := oneOf("network.fault", n.Fault, networkFaults); err != nil {
			return err
		}
		if (n.Fault == "lead-to") != n.Address.IsValid() {
			return errors.New("network.fault: lead-to needs an address, and nothing else does")
		}
	}
	for _, s := range c.Servers {
		if err := s.validate(); err != nil {
			return err
		}
	}
	for _, w := range c.Web {
		if err := w.validate(); err != nil {
			return err
		}
	}
	for _, i := range c.Issuers {
		if err := i.validate(c.Accounts); err != nil {
			return err
		}
	}
	return nil
}

func (f *dnsFault) validate() error {
	key := "dns.fault of " + f.Name
	if _, known := dns.StringToType[strings.ToUpper(f.Type)]; f.Type != "" && !known {
		return fmt.Errorf("%s: there is no type %q", key, f.Type)
	}
	if f.Fault == "" && f.EDE == nil {
		return fmt.Errorf("%s: it has neither a fault nor an extended error (ede)", key)
	}
	if (f.Fault == "rewrite") != f.Address.IsValid() {
		return fmt.Errorf("%s: rewrite needs an address, and nothing else does", key)
	}
	return oneOf(key, f.Fault, dnsFaults)
}

func (s *serverConfig) validate() error {
	if len(s.Endpoints) == 0 {
		return errors.New("a server has no endpoints")
	}
	first := s.Endpoints[0]
	for _, e := range s.Endpoints {
		if e.Protocol != first.Protocol && s.Script == "" {
			return fmt.Errorf("server %s: %s is of another protocol; make it a server of its own", first, e)
		}
	}
	for _, v := range s.TLSVersions {
		if err := oneOf("tls_versions", v, tlsVersionNames); err != nil {
			return fmt.Errorf("server %s: %w", first, err)
		}
	}
	err := errors.Join(
		oneOf("certificate.kind", s.Certificate.Kind, certificateKinds),
		oneOf("certificate.chain", s.Certificate.Chain, certificateChains),
		oneOf("client_certificate", s.ClientCertificate, clientCertificates),
		oneOf("handshake", s.Handshake, handshakeFaults),
		oneOf("fault", s.Fault, serverFaults),
		oneOf("starttls", s.StartTLS, startTLSFaults),
		oneOf("scram", s.SCRAM, scramFaults),
	)
	if err != nil {
		return fmt.Errorf("server %s: %w", first, err)
	}
	return nil
}

func (w *webConfig) validate() error {
	err := errors.Join(
		oneOf("certificate.kind", w.Certificate.Kind, certificateKinds),
		oneOf("fault", w.Fault, webFaults),
	)
	for _, scheme := range w.Schemes {
		err = errors.Join(err, oneOf("schemes", scheme, []string{"http", "https"}))
	}
	if err != nil {
		return fmt.Errorf("web %s: %w", w.Host, err)
	}
	return nil
}

func oneOf(key, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s = %q, want one of: %s", key, value, strings.TrimPrefix(strings.Join(allowed, ", "), ", "))
}
