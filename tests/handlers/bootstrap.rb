# What Lambda's Ruby runtime is to a handler, for lambda-sim --exec: ruby bootstrap.rb FILE [METHOD]
# A request is a JSON line on stdin, {"event", "context"}; an answer one on stdout, {"result"} or {"error"}, and "log".
require 'json'
require 'stringio'

Context = Struct.new(:aws_request_id, :function_name, :function_version, :invoked_function_arn, :client_context)

file, name = ARGV
answers = $stdout.dup
loaded = false
$stdin.each_line do |line|
  request = JSON.parse(line)
  fields = request['context']
  $stdout = StringIO.new
  begin
    unless loaded
      ENV['AWS_LAMBDA_FUNCTION_NAME'] = fields['functionName']
      ENV['AWS_LAMBDA_FUNCTION_VERSION'] = fields['functionVersion']
      load file
      loaded = true
    end
    context = Context.new(*fields.values_at('awsRequestId', 'functionName', 'functionVersion', 'invokedFunctionArn', 'clientContext'))
    answer = { result: send(name || 'handler', event: request['event'], context: context) }
  rescue StandardError => e
    answer = { error: { errorType: e.class.name, errorMessage: e.message } }
  end
  answer[:log] = $stdout.string unless $stdout.string.empty?
  answers.puts(answer.to_json)
  answers.flush
end
