package discover

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// errNotPACC is the answer to whatever is not a PACC document.
var errNotPACC = errors.New("not a PACC document")

// section is an object of a JSON document whose members are read one by one, so
// that a bad one costs only itself.
type section map[string]json.RawMessage

// parsePACC reads a PACC document, with the names that draft 02 (smtp) and
// drafts 03 and later (submit) give to submission. Every server speaks implicit
// TLS on its registered port, the user name is the whole address. Unknown
// members are ignored, a bad one is passed over and noted. On error the
// document is nothing.
func parsePACC(body []byte, t mail.Target) (content, error) {
	var root section
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if err := json.Unmarshal(body, &root); err != nil || root["protocols"] == nil {
		return content{}, errNotPACC
	}
	var c content
	auth := c.readSignIn(c.member(root, "authentication"))
	protocols := c.member(root, "protocols")
	for _, name := range slices.Sorted(maps.Keys(protocols)) {
		c.readProtocol(name, protocols, auth, t)
	}
	c.readInfo(c.member(root, "info"))
	return c, nil
}

// member gives an object within an object; what is none is noted.
func (c *content) member(of section, name string) section {
	raw, exists := of[name]
	var inner section
	if exists && json.Unmarshal(raw, &inner) != nil {
		c.notes.add("%s is not an object and is passed over", quote(name))
		return nil
	}
	return inner
}

// textOf gives a string within an object; what is none is noted.
func (c *content) textOf(of section, name string) string {
	raw, exists := of[name]
	var text string
	if exists && json.Unmarshal(raw, &text) != nil {
		c.notes.add("%s is not a text and is passed over", quote(name))
		return ""
	}
	return text
}

// readSignIn gives the ways to sign in, which hold for every server.
func (c *content) readSignIn(of section) []string {
	var auth []string
	if issuer := plainText(c.textOf(c.member(of, "oauth-public"), "issuer")); issuer != "" {
		c.oauth = &mail.OAuth{Issuer: issuer}
		auth = append(auth, "oauth2")
	}
	var password bool
	if raw, exists := of["password"]; exists && json.Unmarshal(raw, &password) != nil {
		c.notes.add(`"password" is neither true nor false and is passed over`)
	}
	if password {
		auth = append(auth, "plain")
	}
	return auth
}

// readProtocol takes one member of protocols.
func (c *content) readProtocol(name string, of section, auth []string, t mail.Target) {
	entry := c.member(of, name)
	switch name {
	case "imap":
		c.readMailServer(mail.IMAP, entry, auth, t)
	case "pop3":
		c.readMailServer(mail.POP3, entry, auth, t)
	case "submit":
		c.readMailServer(mail.SMTP, entry, auth, t)
	case "smtp":
		if of["submit"] != nil {
			c.notes.add(`both "submit" and its older name "smtp" are there; "submit" counts`)
			return
		}
		c.readMailServer(mail.SMTP, entry, auth, t)
	case "managesieve":
		if host, err := parseHost(strings.TrimSpace(c.textOf(entry, "host"))); err == nil {
			c.addService(mail.Service{Type: name, Host: host, Port: sievePort, Security: mail.StartTLS})
			return
		}
		c.notes.add("%s is passed over: it names no host", quote(name))
	case "jmap", "caldav", "carddav", "webdav":
		if page := serviceURL(c.textOf(entry, "url")); page != "" {
			c.addService(mail.Service{Type: name, URL: page})
			return
		}
		c.notes.add("%s is passed over: it names no https address", quote(name))
	default:
		c.notes.add("the protocol %s is unknown and passed over", quote(name))
	}
}

func (c *content) readMailServer(p mail.Protocol, entry section, auth []string, t mail.Target) {
	text := c.textOf(entry, "host")
	host, err := parseHost(strings.TrimSpace(text))
	if err != nil {
		c.notes.add("the %s server is passed over: %s is not a host name", p, quote(text))
		return
	}
	c.addServer(server{
		endpoint: mail.Endpoint{Protocol: p, Security: mail.TLS, Host: host, Port: mail.DefaultPort(p, mail.TLS)},
		username: fillIn("%EMAILADDRESS%", t),
		auth:     slices.Clone(auth),
	})
}

// readInfo reads who the provider is and where help is.
func (c *content) readInfo(info section) {
	c.name = plainText(c.textOf(c.member(info, "provider"), "name"))
	help := c.member(info, "help")
	c.addDoc(webURL(c.textOf(help, "documentation")))
	c.addDoc(webURL(c.textOf(help, "developer")))
}
