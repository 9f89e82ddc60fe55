// lambda-warmd's pings, for Go: paste warm and its methods, and start warm{lambda.NewHandler(yours)}, as in main.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

const holdMax = time.Second // anyone may send the header: nobody shall keep instances busy for long

var instance string // this instance's id, made by its first request

type warm struct{ next lambda.Handler }

func (w warm) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	cold := "0"
	if instance == "" {
		id := make([]byte, 16)
		if _, err := rand.Read(id); err != nil {
			return nil, err
		}
		instance, cold = hex.EncodeToString(id), "1"
	}
	hold, ping := pingOf(payload)
	if !ping {
		return w.next.Invoke(ctx, payload)
	}
	time.Sleep(hold)
	return json.Marshal(events.APIGatewayProxyResponse{
		StatusCode: 204,
		Headers:    map[string]string{"X-Lambda-Instance": instance, "X-Lambda-Cold": cold},
	})
}

// pingOf says whether the event is a ping, and how long it is to be held.
func pingOf(payload []byte) (hold time.Duration, ping bool) {
	var event struct {
		Headers map[string]any `json:"headers"`
	}
	if json.Unmarshal(payload, &event) != nil {
		return 0, false // not JSON, or no HTTP event
	}
	for name, value := range event.Headers {
		text, _ := value.(string)
		switch strings.ToLower(name) {
		case "x-lambda-warm":
			ping = text != ""
		case "x-lambda-warm-hold":
			if ms, err := strconv.ParseUint(text, 10, 32); err == nil {
				hold = time.Duration(ms) * time.Millisecond
			}
		}
	}
	if hold > holdMax {
		hold = holdMax
	}
	return hold, ping
}

func handler(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "what it does for users"}, nil
}

func main() {
	lambda.Start(warm{lambda.NewHandler(handler)})
}
