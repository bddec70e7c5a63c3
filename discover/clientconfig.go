package discover

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// errNotConfig is the answer to whatever is not an autoconfig document, such
// as the web page that many hosts show for every path.
var errNotConfig = errors.New("not a mail configuration")

// The elements that are read. Each is a list: where a document repeats one the
// first counts, as in Thunderbird.
type (
	configXML struct {
		Providers []providerXML `xml:"emailProvider"`
		OAuth     []oauthXML    `xml:"oAuth2"`
		Others    []serverXML   `xml:",any"` // calendar, addressbook, fileShare, setupServer …
	}
	providerXML struct {
		ID       string      `xml:"id,attr"`
		Domains  []string    `xml:"domain"`
		Names    []string    `xml:"displayName"`
		Enable   []enableXML `xml:"enable"`
		Docs     []docXML    `xml:"documentation"`
		Incoming sections    `xml:"incomingServer"`
		Outgoing sections    `xml:"outgoingServer"`
		OAuth    []oauthXML  `xml:"oAuth2"`
		Others   sections    `xml:",any"`
	}
	enableXML struct {
		URL          string   `xml:"visiturl,attr"`
		Instructions []string `xml:"instruction"`
	}
	docXML struct {
		URL string `xml:"url,attr"`
	}
)

// parseAutoconfig reads an autoconfig document, draft-ietf-mailmaint-autoconfig-06.
// Unknown elements, values and versions are ignored, and so is a server that
// lacks what it needs; the rest of the document stands, and its notes say what
// was passed over. Placeholders are filled in from the target. On error the
// document is nothing.
func parseAutoconfig(body []byte, t mail.Target) (content, error) {
	decoder := newDecoder(body)
	root, err := rootElement(decoder)
	if err != nil || root.Name.Local != "clientConfig" {
		return content{}, errNotConfig
	}
	var doc configXML
	if err := decoder.DecodeElement(&doc, &root); err != nil {
		return content{}, fmt.Errorf("a mail configuration with broken XML: %w", err)
	}
	var c content
	for i, p := range doc.Providers {
		if i == 0 {
			c.introduce(p, t)
		}
		c.domains = append(c.domains, p.Domains...)
		for _, x := range p.Incoming {
			c.read(x, mail.Incoming, t)
		}
		for _, x := range p.Outgoing {
			c.read(x, mail.Outgoing, t)
		}
		for _, x := range p.Others {
			c.readService(x, t)
		}
		doc.OAuth = append(doc.OAuth, p.OAuth...)
	}
	for _, x := range doc.Others {
		c.readService(x, t)
	}
	c.readOAuth(doc.OAuth)
	return c, nil
}

// introduce reads who the provider is and what the user has to know.
func (c *content) introduce(p providerXML, t mail.Target) {
	c.id, c.name = plainText(fillIn(p.ID, t)), plainText(fillIn(first(p.Names), t))
	for _, d := range p.Docs {
		c.addDoc(webURL(d.URL))
	}
	for _, e := range p.Enable {
		c.readEnable(e)
	}
}

// readEnable reads where mail programs have to be switched on first.
func (c *content) readEnable(e enableXML) {
	page := webURL(e.URL)
	if page == "" || c.enableURL != "" {
		return
	}
	c.enableURL = page
	if text := first(e.Instructions); text != "" {
		c.notes.add("access has to be switched on first at %s: %s", page, quote(text))
		return
	}
	c.notes.add("access has to be switched on first at %s", page)
}

// read takes a section of a mail server or, for what mail programs of other
// kinds speak, of a service.
func (c *content) read(x serverXML, role mail.Role, t mail.Target) {
	p := x.protocol()
	switch {
	case p == "":
		c.readService(x, t)
	case submissionRole(p) != role:
		c.notes.add("a section %s is of type %s, which does not belong there: it is passed over", x.XMLName.Local, p)
	default:
		if srv, ok := x.server(t, &c.notes); ok {
			c.addServer(srv)
		}
	}
}

// readService takes a section that is not of a mail server.
func (c *content) readService(x serverXML, t mail.Target) {
	kind := strings.ToLower(plainText(x.Type))
	if kind == "" {
		if strings.HasSuffix(x.XMLName.Local, "Server") {
			c.notes.add("a section %s does not say its type: it is passed over", x.XMLName.Local)
		}
		return
	}
	svc, ok := x.service(kind, t)
	if !ok {
		c.notes.add("a section %s of type %s leads nowhere that could be used: it is passed over", x.XMLName.Local, quote(kind))
		return
	}
	c.addService(svc)
	if x.XMLName.Local == "incomingServer" && kind != "jmap" {
		c.notes.add("a server of type %s is for other programs", quote(kind))
	}
}

// isFor reports whether a document counts a domain among its own. One that
// names none is for everybody who finds it.
func (c content) isFor(domain string) bool {
	return len(c.domains) == 0 || slices.ContainsFunc(c.domains, func(text string) bool {
		text = strings.TrimSpace(text)
		if strings.Contains(text, "%EMAILDOMAIN%") {
			return true
		}
		name, err := mail.ParseDomain(text)
		return err == nil && (name == domain || wire.InDomain(domain, name) && wire.SameOrganisation(domain, name))
	})
}

// rootElement gives the first element.
func rootElement(decoder *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := decoder.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, nil
		}
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.TrimSpace(list[0])
}
