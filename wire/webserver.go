package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

// A webServer is asked over HTTPS (RFC 8484), each question a POST. Connections
// are those of the guide: verified, reused and bounded like all web connections.
type webServer struct {
	guide *Network
	url   *url.URL
}

// dnsMessage is the media type of a DNS message (RFC 8484 section 6).
const dnsMessage = "application/dns-message"

func (s *webServer) private() bool { return true }

func (s *webServer) String() string { return s.url.String() }

func (s *webServer) exchange(ctx context.Context, q question, f form) (*dns.Msg, error) {
	query := padded(f.message(q))
	query.Id = 0 // RFC 8484 section 4.1
	packed, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("pack the question: %w", err)
	}
	proxy, err := s.guide.options.Proxy(s.url)
	if err != nil {
		return nil, newFault(mail.PolicyRefused, "the proxy that the environment names cannot be used")
	}
	if proxy != nil {
		ctx = withProxy(ctx, proxy)
	}
	answer, err := s.guide.web.RoundTrip(s.request(ctx, packed))
	if err != nil {
		return nil, s.fault(err)
	}
	defer func() { _ = answer.Body.Close() }()
	message, err := readWebAnswer(answer)
	if err != nil {
		return nil, err
	}
	return parseWebAnswer(message, query)
}

func (s *webServer) request(ctx context.Context, packed []byte) *http.Request {
	r := &http.Request{
		Method: http.MethodPost, URL: s.url, Host: s.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Accept": {dnsMessage}, "Content-Type": {dnsMessage}, "User-Agent": {s.guide.options.UserAgent},
		},
		ContentLength: int64(len(packed)),
		Body:          io.NopCloser(bytes.NewReader(packed)),
		GetBody:       func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed)), nil },
	}
	return r.WithContext(ctx)
}

// fault says in words what became of a request without an answer.
func (s *webServer) fault(err error) error {
	failure := classify(err, s.url.Host)
	if failure.Class.Certificate() {
		failure.Detail = fmt.Sprintf("not asked, since its certificate is not to be believed: %s (%s)", failure.Detail, failure.Class)
	}
	return &fault{*failure}
}

// readWebAnswer takes the message out of an answer.
func readWebAnswer(answer *http.Response) ([]byte, error) {
	if answer.StatusCode != http.StatusOK {
		return nil, newFault(mail.HTTPStatus, "it answered "+printable(answer.Status, 100))
	}
	if media := mediaType(answer.Header.Get("Content-Type")); media != dnsMessage {
		return nil, newFault(mail.HTTPBody, fmt.Sprintf("it answered with %s, which is no DNS message", orElse(printable(media, 100), "something without a type")))
	}
	message, err := io.ReadAll(io.LimitReader(answer.Body, dns.MaxMsgSize+1))
	if err != nil {
		return nil, err
	}
	if len(message) > dns.MaxMsgSize {
		return nil, newFault(mail.TooLarge, "it sent more than a DNS message can hold")
	}
	return message, nil
}

// parseWebAnswer reads a message that is to answer query. Its ID means nothing,
// since a cache may have kept it (RFC 8484 section 4.1).
func parseWebAnswer(message []byte, query *dns.Msg) (*dns.Msg, error) {
	if len(message) >= headerSize {
		binary.BigEndian.PutUint16(message, query.Id)
	}
	got, err := parseReply(message, query)
	if err != nil {
		return nil, newFault(mail.HTTPBody, "it "+errBroken.Error())
	}
	return got, nil
}
