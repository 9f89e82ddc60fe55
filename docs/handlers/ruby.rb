# lambda-warmd's pings, for Ruby: paste this, and wrap what your handler does in Warm.up, as at the end.
require 'securerandom'

module Warm
  HOLD_MAX_MS = 1000 # anyone may send the header: nobody shall keep instances busy for long

  def self.up(event)
    cold = @instance.nil?
    @instance ||= SecureRandom.uuid # by the first request, not at load
    headers = (event.is_a?(Hash) && event['headers'] || {}).transform_keys(&:downcase)
    return yield if headers['x-lambda-warm'].to_s.empty?

    sleep(headers['x-lambda-warm-hold'].to_i.clamp(0, HOLD_MAX_MS) / 1000.0)
    { statusCode: 204, headers: { 'X-Lambda-Instance' => @instance, 'X-Lambda-Cold' => cold ? '1' : '0' } }
  end
end

def handler(event:, context:)
  Warm.up(event) do
    { statusCode: 200, body: 'what it does for users' }
  end
end
