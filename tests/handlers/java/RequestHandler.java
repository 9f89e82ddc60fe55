package com.amazonaws.services.lambda.runtime;

/** As in aws-lambda-java-core. */
public interface RequestHandler<I, O> {
    O handleRequest(I input, Context context);
}
