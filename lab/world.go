package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mailmedic/mailmedic/mail"
)

// The parts of the world that every world has unless it says otherwise.
var (
	defaultResolver = netip.MustParseAddr("192.0.2.53")
	ispdbAddress    = netip.MustParseAddr("203.0.113.80")
)

const ispdbHost = "autoconfig.thunderbird.net"

// World is a mail world as its file describes it. It is not changed by
// running, and may run several times at once.
type World struct {
	Name        string // the file's name without folder and ending
	Title       string // one line
	Description string // what the world pretends, for people; may be empty
	Demo        Demo
	Accounts    []Account
	Control     []mail.Endpoint // the servers that a client of the world compares others with
	ahead       time.Duration   // of the client's clock

	zone      *zone
	dns       dnsConfig
	resolvers []*resolver // the first is the system's
	ways      []way
	services  []*service
	sites     []*site
	issuers   []oauthConfig
	scripts   map[string]script
}

// Endpoints gives every endpoint that has a server, in the order of the file.
func (w *World) Endpoints() []mail.Endpoint {
	var list []mail.Endpoint
	for _, s := range w.services {
		list = append(list, s.endpoint)
	}
	return list
}

// GivesTokens reports whether the world has an authorization server.
func (w *World) GivesTokens() bool { return len(w.issuers) > 0 }

// Parse reads a world. The errors name the file and the section, and say what
// is wrong there.
func Parse(name string, data []byte) (*World, error) {
	if slices.ContainsFunc(strings.Split(string(data), "\n"), namelessSection) {
		return nil, fmt.Errorf("%s: a section has no name", name)
	}
	archive := txtar.Parse(data)
	w := &World{Name: strings.TrimSuffix(path.Base(name), ".txtar"), scripts: map[string]script{}}
	title, rest, _ := strings.Cut(strings.TrimSpace(string(archive.Comment)), "\n")
	w.Title, w.Description = strings.TrimSpace(title), strings.TrimSpace(rest)
	if w.Title == "" {
		return nil, fmt.Errorf("%s: the first line has to be the title", name)
	}
	sections := sections{documents: map[string][]byte{}, zones: map[netip.Addr]*zone{}}
	for _, file := range archive.Files {
		if err := w.read(file, &sections); err != nil {
			return nil, fmt.Errorf("%s: section %s: %w", name, file.Name, err)
		}
	}
	if err := w.build(sections); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return w, nil
}

// namelessSection finds the one line that package txtar takes for a marker and
// cannot read.
func namelessSection(line string) bool { return strings.TrimRight(line, "\r") == "-- --" }

// sections are the parts of a file before they are put together.
type sections struct {
	config    config
	documents map[string][]byte    // by host/path
	zones     map[netip.Addr]*zone // what single resolvers know otherwise
}

func (w *World) read(file txtar.File, into *sections) (err error) {
	kind, rest, _ := strings.Cut(file.Name, "/")
	switch {
	case file.Name == "zone":
		if w.zone != nil {
			return errors.New("it is there twice")
		}
		w.zone, err = parseZone(string(file.Data), "")
	case strings.HasPrefix(file.Name, "zone@"):
		err = into.readZone(strings.TrimPrefix(file.Name, "zone@"), string(file.Data))
	case file.Name == "servers.toml":
		into.config, err = parseConfig(string(file.Data))
	case kind == "web" && strings.Contains(rest, "/"):
		into.documents[rest] = file.Data
	case kind == "script" && rest != "":
		w.scripts[rest], err = parseScript(string(file.Data))
	default:
		err = errors.New("unknown; there are zone, zone@ADDRESS, servers.toml, web/HOST/PATH and script/NAME")
	}
	return err
}

// build puts the sections together and checks that they fit.
func (w *World) build(s sections) error {
	if w.zone == nil {
		w.zone, _ = parseZone("", "")
	}
	w.Demo, w.Accounts, w.dns, w.issuers = s.config.Demo, s.config.Accounts, s.config.DNS, s.config.Issuers
	w.Control, w.ahead = s.config.Control.Hosts, time.Duration(s.config.Time.DaysAhead)*day
	if err := w.addISPDB(&s); err != nil {
		return err
	}
	if err := w.addResolvers(s); err != nil {
		return fmt.Errorf("section servers.toml: %w", err)
	}
	if err := w.addServices(s.config.Servers); err != nil {
		return fmt.Errorf("section servers.toml: %w", err)
	}
	if err := w.addSites(s); err != nil {
		return fmt.Errorf("section servers.toml or web: %w", err)
	}
	for _, n := range s.config.Network {
		way, err := w.parseWay(n)
		if err != nil {
			return fmt.Errorf("section servers.toml: network: %w", err)
		}
		w.ways = append(w.ways, way)
	}
	return nil
}

// addISPDB gives the world an ISPDB that knows nobody, unless it has its own.
func (w *World) addISPDB(s *sections) error {
	if _, exists := w.zone.at(ispdbHost + "."); exists {
		return nil
	}
	builtin, err := parseZone(ispdbHost+". A "+ispdbAddress.String(), "")
	if err != nil {
		return err
	}
	for _, records := range builtin.records {
		for _, rr := range records {
			w.zone.add(rr)
		}
	}
	for _, web := range s.config.Web {
		if web.Host == ispdbHost {
			return nil
		}
	}
	s.config.Web = append(s.config.Web, webConfig{Host: ispdbHost})
	return nil
}

func (w *World) addServices(servers []serverConfig) error {
	taken := map[netip.AddrPort]mail.Endpoint{}
	for i, c := range servers {
		if _, ok := w.scripts[c.Script]; c.Script != "" && !ok {
			return fmt.Errorf("server %s: there is no section script/%s", c.Endpoints[0], c.Script)
		}
		for _, e := range c.Endpoints {
			s := &service{serverConfig: c, server: i, endpoint: e, world: w, at: c.Addresses}
			if len(s.at) == 0 {
				s.at = w.zone.addresses(e.Host)
			}
			if len(s.at) == 0 {
				return fmt.Errorf("server %s: %s has no address; write one into the zone or addresses", e, e.Host)
			}
			for _, addr := range s.at {
				at := netip.AddrPortFrom(addr, e.Port)
				if other, ok := taken[at]; ok {
					return fmt.Errorf("server %s: %s is taken by %s", e, at, other)
				}
				taken[at] = e
			}
			w.services = append(w.services, s)
		}
	}
	return nil
}
