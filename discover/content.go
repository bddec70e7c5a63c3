package discover

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/mailmedic/mailmedic/mail"
)

// content is what a document says that mailmedic can use, whatever its format.
type content struct {
	id, name  string
	domains   []string // that it says it is for; empty where it does not say
	enableURL string   // where the user switches mail programs on first
	docs      []string // help pages
	website   string
	servers   []server
	services  []mail.Service // without source, trust and evidence
	oauth     *mail.OAuth    // for the servers that take OAuth 2.0
	notes     notes
}

// server is one mail server of a document.
type server struct {
	endpoint mail.Endpoint
	username string   // empty where the document does not say
	filled   bool     // the user name was made here, from placeholders
	auth     []string // SASL names in lower case, in the document's order
	leave    *mail.LeaveOnServer
}

// maxText bounds names and user names from a document, in bytes. The longest
// address has 254 (RFC 5321 section 4.5.3.1.3).
const maxText = 320

// maxURL bounds addresses of web pages from a document, in bytes.
const maxURL = 2048

// maxDocs bounds how many help pages of a document are kept.
const maxDocs = 8

// addServer keeps a server as long as there is room.
func (c *content) addServer(s server) {
	if len(c.servers) == maxTargets {
		c.notes.add("more than %d servers: the rest is passed over", maxTargets)
		return
	}
	c.servers = append(c.servers, s)
	c.judge(s)
}

// addService keeps a service beside mail access as long as there is room.
func (c *content) addService(s mail.Service) {
	if len(c.services) < maxTargets && !slices.ContainsFunc(c.services, func(o mail.Service) bool { return compareServices(o, s) == 0 }) {
		c.services = append(c.services, s)
	}
}

// addDoc keeps a help page as long as there is room.
func (c *content) addDoc(page string) {
	if page != "" && len(c.docs) < maxDocs && !slices.Contains(c.docs, page) {
		c.docs = append(c.docs, page)
	}
}

// judge notes what is kept and nevertheless odd about a server.
func (c *content) judge(s server) {
	e := s.endpoint
	if !usualPort(e) {
		c.notes.add("%s: port %d is unusual for it", e, e.Port)
	}
	if e.Security == mail.None {
		c.notes.add("%s: the connection is not encrypted", e)
	}
	if where := localHost(e.Host); where != "" {
		c.notes.add("%s: the server is named by %s", e, where)
	}
	if e.Security == mail.None && s.username == "" && slices.Contains(s.auth, "plain") {
		c.notes.add("%s: no user name is given; mail programs take the whole address", e)
	}
}

// usualPort reports whether the port is registered for the protocol and the way
// in which the connection becomes encrypted.
func usualPort(e mail.Endpoint) bool {
	return slices.ContainsFunc(mail.StandardPorts(), func(std mail.StandardPort) bool {
		same := std.Security == e.Security || std.Security == mail.StartTLS && e.Security == mail.None
		return std.Protocol == e.Protocol && std.Port == e.Port && same
	})
}

// localHost says what is odd about a host that no name of the public DNS is
// given for, and "" where there is nothing.
func localHost(host string) string {
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast()):
		return "a private IP address, which leads nowhere from outside"
	case err == nil:
		return "its IP address, which certificates rarely hold"
	case host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local"):
		return "a name that means something in one network only"
	case !strings.Contains(host, "."):
		return "a name without a domain"
	}
	return ""
}

// plainText gives text that can be a name, and "" for what cannot.
func plainText(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
		return ""
	}
	return text
}

// webURL gives the address of a web page, and "" for what is none.
func webURL(text string) string {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// serviceURL gives the address of a service that is reached over the web, and
// "" for what is none.
func serviceURL(text string) string {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "wss" {
		return ""
	}
	return u.String()
}

// offers gives what a document claims about its servers.
func (c content) offers(source mail.Source, trust mail.Trust, evidence string) []offer {
	offers := make([]offer, len(c.servers))
	for i, srv := range c.servers {
		claim := mail.Claim{
			Source: source, Trust: trust, Username: srv.username, Auth: srv.auth,
			LeaveOnServer: srv.leave, Evidence: []string{evidence},
		}
		if slices.Contains(srv.auth, "oauth2") {
			claim.OAuth = c.oauth
		}
		offers[i] = offer{submissionRole(srv.endpoint.Protocol), srv.endpoint, claim}
	}
	return offers
}

// publish emits what was seen of a document and what it claims, and remembers
// the rest of what it says.
func (s *Search) publish(c content, source mail.Source, trust mail.Trust, related []mail.Observation, seen mail.Observation) {
	seen.Notes = c.notes.list
	s.carry(c.services, source, trust, seen.ID)
	s.remember(c, trust, seen.Subject)
	s.found(source, append(related, seen), c.offers(source, trust, seen.ID))
}

// remember keeps what a document that can be believed says of its provider.
func (s *Search) remember(c content, trust mail.Trust, place string) {
	if c.enableURL == "" && len(c.docs) == 0 && c.website == "" || trust.Rank() > mail.TrustVouched.Rank() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known.documents = append(s.known.documents, documentProvider{trust, place, mail.Provider{
		ID: cmp.Or(c.id, s.target.Domain), Name: cmp.Or(c.name, c.id, s.target.Domain), MustEnable: c.enableURL != "", EnableURL: c.enableURL, Docs: c.docs, Website: c.website,
	}})
}
