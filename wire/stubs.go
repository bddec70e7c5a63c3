package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

var errStub = errors.New("not here yet")

type Network struct{ options Options }

func New(o Options) (*Network, error)                 { return &Network{options: o}, nil }
func (n *Network) Close()                             {}
func LoadRoots(caFile string) (*x509.CertPool, error) { return nil, errStub }

type Answer struct {
	Observation mail.Observation
	MX          []MX
	SRV         []SRV
	TXT         []string
	Addrs       []netip.Addr
}
type MX struct {
	Preference uint16
	Host       string
}
type SRV struct {
	Priority, Weight, Port uint16
	Target                 string
}

func (a Answer) Failure() *mail.Failure { return a.Observation.Failure }
func (a Answer) Authentic() bool {
	return a.Observation.DNSFacts != nil && a.Observation.Authentic == mail.Yes
}
func (n *Network) Lookup(ctx context.Context, name, qtype string) Answer { return Answer{} }
func (n *Network) Addresses(ctx context.Context, host string) (addrs []netip.Addr, answers []Answer) {
	return nil, nil
}

type Dialed struct {
	Conn         *Conn
	Observations []mail.Observation
	Failure      *mail.Failure
}

func (n *Network) Dial(ctx context.Context, e mail.Endpoint) Dialed { return Dialed{} }

type Conn struct {
	net.Conn
	endpoint mail.Endpoint
}

func (c *Conn) Limit(t time.Time)       {}
func (c *Conn) Endpoint() mail.Endpoint { return c.endpoint }
func (c *Conn) Peer() netip.Addr        { return netip.Addr{} }
func (c *Conn) Handshake(ctx context.Context) (obs mail.Observation, completed bool) {
	return mail.Observation{}, false
}
func (c *Conn) Encrypted() bool                              { return false }
func (c *Conn) Verified() bool                               { return false }
func (c *Conn) ConnectionState() (tls.ConnectionState, bool) { return tls.ConnectionState{}, false }
func (c *Conn) Failure(err error) *mail.Failure              { return Classify(err) }
func (c *Conn) Transcript() *Transcript                      { return nil }

type Transcript struct{}

func (t *Transcript) Lines(r *mail.Redactor) []string { return nil }
func (t *Transcript) Mask(on bool)                    {}

func Classify(err error) *mail.Failure {
	if err == nil {
		return nil
	}
	return &mail.Failure{Class: mail.ProtocolFault, Detail: err.Error()}
}

type Fetched struct {
	Observation mail.Observation
	Related     []mail.Observation
	Body        []byte
	FinalURL    *url.URL
	HTTPS       bool
}

func (n *Network) Get(ctx context.Context, rawURL string) Fetched { return Fetched{} }

func OrganisationalDomain(name string) string { return name }
func InDomain(name, domain string) bool       { return name == domain }
func SameOrganisation(a, b string) bool       { return OrganisationalDomain(a) == OrganisationalDomain(b) }
