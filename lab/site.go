package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
)

// site is one web host.
type site struct {
	webConfig
	at    []netip.Addr
	pages map[string]page // by scheme and path, such as https:/mail/config-v1.1.xml
}

// page is what a web server answers at one place.
type page struct {
	pageConfig
	body []byte
}

func (w *World) addSites(s sections) error {
	for host := range hostsOf(s) {
		if !slices.ContainsFunc(s.config.Web, func(c webConfig) bool { return c.Host == host }) {
			s.config.Web = append(s.config.Web, webConfig{Host: host})
		}
	}
	slices.SortStableFunc(s.config.Web, func(a, b webConfig) int { return strings.Compare(a.Host, b.Host) })
	for _, c := range s.config.Web {
		site := &site{webConfig: c, at: c.Addresses, pages: map[string]page{}}
		if len(site.Schemes) == 0 {
			site.Schemes = []string{"https"}
		}
		if len(site.at) == 0 {
			site.at = w.zone.addresses(c.Host)
		}
		if c.Host == "" || len(site.at) == 0 {
			return fmt.Errorf("web %q: the host has no address; write one into the zone or addresses", c.Host)
		}
		if other := w.neighbour(site); other != nil && (site.Fault != "" || other.Fault != "") {
			return fmt.Errorf("web %s: it shares an address with %s, and a fault would meet both", c.Host, other.Host)
		}
		w.sites = append(w.sites, site)
	}
	for place, body := range s.documents {
		w.addPage([]string{"https", "http"}, place, page{body: body})
	}
	for _, c := range s.config.Pages {
		if err := w.addConfiguredPage(c, s.documents); err != nil {
			return fmt.Errorf("page %q: %w", c.URL, err)
		}
	}
	return nil
}

// neighbour gives a site that shares an address with s.
func (w *World) neighbour(s *site) *site {
	i := slices.IndexFunc(w.sites, func(other *site) bool {
		return slices.ContainsFunc(s.at, func(a netip.Addr) bool { return slices.Contains(other.at, a) })
	})
	if i < 0 {
		return nil
	}
	return w.sites[i]
}

// hostsOf gives the hosts that have documents, pages or an authorization server.
func hostsOf(s sections) map[string]bool {
	hosts := map[string]bool{}
	for place := range s.documents {
		host, _, _ := strings.Cut(place, "/")
		hosts[host] = true
	}
	for _, i := range s.config.Issuers {
		hosts[i.host()] = true
	}
	for _, p := range s.config.Pages {
		if u, err := url.Parse(p.URL); err == nil && u.Host != "" {
			hosts[u.Host] = true
		}
	}
	return hosts
}

func (w *World) addConfiguredPage(c pageConfig, documents map[string][]byte) error {
	u, err := url.Parse(c.URL)
	if err != nil {
		return err
	}
	schemes := []string{u.Scheme}
	switch {
	case u.Host == "":
		return errors.New("write it as https://HOST/PATH, http://HOST/PATH, or //HOST/PATH for both")
	case u.Scheme == "":
		schemes = []string{"https", "http"}
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the scheme is neither http nor https")
	}
	place := u.Host + u.Path
	w.addPage(schemes, place, page{c, documents[place]})
	return nil
}

// addPage puts a page where it is served; index.html also stands for its folder.
func (w *World) addPage(schemes []string, place string, p page) {
	host, rest, _ := strings.Cut(place, "/")
	for _, s := range w.sites {
		if s.Host != host {
			continue
		}
		for _, scheme := range schemes {
			s.pages[scheme+":/"+rest] = p
			if path.Base(rest) == "index.html" {
				s.pages[scheme+":/"+strings.TrimSuffix(rest, "index.html")] = p
			}
		}
	}
}

// mediaType gives the Content-Type, by the ending of the path unless the world has another.
func (p page) mediaType(urlPath string) string {
	if p.Type != "" {
		return p.Type
	}
	switch path.Ext(urlPath) {
	case ".xml":
		return "text/xml"
	case ".json":
		return "application/json"
	case ".html", "":
		return "text/html; charset=utf-8"
	}
	return "text/plain; charset=utf-8"
}
