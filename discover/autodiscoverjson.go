package discover

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// autodiscoverJSON is an answer of Autodiscover version 2: where a protocol is
// served, or an error.
type autodiscoverJSON struct {
	Protocol     string `json:"Protocol,omitempty"`
	URL          string `json:"Url,omitempty"`
	ErrorCode    string `json:"ErrorCode,omitempty"`
	ErrorMessage string `json:"ErrorMessage,omitempty"`
}

var errNotAutodiscover = errors.New("not an answer of Autodiscover")

// parseAutodiscoverJSON reads an answer of Autodiscover version 2. Unknown
// members are ignored.
func parseAutodiscoverJSON(body []byte) (autodiscoverJSON, error) {
	var root section
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if json.Unmarshal(body, &root) != nil {
		return autodiscoverJSON{}, errNotAutodiscover
	}
	var c content
	a := autodiscoverJSON{
		Protocol:     plainText(c.textOf(root, "Protocol")),
		URL:          strings.TrimSpace(c.textOf(root, "Url")),
		ErrorCode:    plainText(c.textOf(root, "ErrorCode")),
		ErrorMessage: plainText(c.textOf(root, "ErrorMessage")),
	}
	if len(a.URL) > maxURL || a.URL == "" && a.ErrorCode == "" {
		return autodiscoverJSON{}, errNotAutodiscover
	}
	return a, nil
}
