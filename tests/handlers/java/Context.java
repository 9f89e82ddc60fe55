package com.amazonaws.services.lambda.runtime;

/** The part of aws-lambda-java-core's interface that a test needs, so that it needs no download. */
public interface Context {
    String getAwsRequestId();

    String getFunctionName();

    String getFunctionVersion();

    String getInvokedFunctionArn();
}
